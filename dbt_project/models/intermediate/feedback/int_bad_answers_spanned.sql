with

nps_answers as (
    select * from {{ ref('int_nps_answers_attributed') }}
),

csat_answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where survey = 'csat'
),

{# A later answer replaces an earlier one: to the NPS question as a whole, of satisfaction at the same touchpoint. #}
answers as (
    select
        response_id,
        customer_id,
        'nps' as source,
        touchpoint,
        nps_group = 'detractor' as is_bad,
        responded_at,
        next_responded_at
    from nps_answers
    union all
    select
        response_id,
        customer_id,
        'csat' as source,
        touchpoint,
        is_bad,
        responded_at,
        lead(responded_at) over (partition by customer_id, touchpoint order by responded_at asc, response_id desc)
            as next_responded_at
    from csat_answers
),

limited as (
    select
        answers.*,
        cast({{ add_days('responded_at', var('bad_answer_days') ~ ' + 1') }} as timestamp) as fades_at
    from answers
    where is_bad and customer_id is not null
)

select
    response_id,
    customer_id,
    source,
    touchpoint,
    responded_at,
    case
        when next_responded_at < fades_at then next_responded_at
        when fades_at < {{ as_of_end() }} then fades_at
    end as ended_at
from limited
