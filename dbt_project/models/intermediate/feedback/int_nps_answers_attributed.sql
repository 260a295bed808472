with

answers as (
    select * from {{ ref('stg_shop__survey_responses') }}
    where survey = 'nps'
),

stages as (
    select
        customer_id,
        lifecycle_stage,
        cast(entered_at as date) as entered_on,
        cast(exited_at as date) as exited_on
    from {{ ref('fct_lifecycle_stages') }}
),

{# An answer without a person stands for itself. Of two at one instant the one with the smaller id is the later. #}
sequenced as (
    select
        response_id,
        customer_id,
        touchpoint,
        score,
        case when score >= 9 then 'promoter' when score >= 7 then 'passive' else 'detractor' end as nps_group,
        responded_at,
        cast(responded_at as date) as responded_on,
        lag(score) over answers_of_a_person as previous_score,
        lead(responded_at) over answers_of_a_person as next_responded_at
    from answers
    window answers_of_a_person as (
        partition by customer_id, case when customer_id is null then response_id end
        order by responded_at asc, response_id desc
    )
)

{# The stage the day began in: an answer of 9 or 10 makes an advocate that day, and would score the stage it led to. #}
select
    sequenced.response_id,
    sequenced.customer_id,
    sequenced.touchpoint,
    sequenced.score,
    sequenced.nps_group,
    sequenced.previous_score,
    coalesce(stages_before.lifecycle_stage, stages_that_day.lifecycle_stage, '(unknown)') as lifecycle_stage,
    {{ month_start('sequenced.responded_at') }} as period_start,
    sequenced.next_responded_at is null
    or {{ month_start('sequenced.next_responded_at') }} > {{ month_start('sequenced.responded_at') }}
        as is_latest_of_month,
    sequenced.responded_at,
    sequenced.next_responded_at
from sequenced
left join stages as stages_before
    on
        sequenced.customer_id = stages_before.customer_id
        and sequenced.responded_on > stages_before.entered_on
        and (stages_before.exited_on is null or sequenced.responded_on <= stages_before.exited_on)
left join stages as stages_that_day
    on
        sequenced.customer_id = stages_that_day.customer_id
        and sequenced.responded_on = stages_that_day.entered_on
