with

nps_answers as (
    select * from {{ ref('int_nps_answers_attributed') }}
    where customer_id is not null
),

survey_answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where customer_id is not null
),

latest_csat as (
    select
        *,
        row_number() over (partition by customer_id order by responded_at desc, response_id asc) as answer_rank
    from survey_answers
    where survey = 'csat' and is_mapped
),

answers as (
    select
        customer_id,
        responded_at
    from nps_answers
    union all
    select
        customer_id,
        responded_at
    from survey_answers
),

summed as (
    select
        customer_id,
        max(responded_at) as last_survey_at,
        sum(case when {{ days_between('responded_at', as_of_date()) }} <= 365 then 1 else 0 end) as survey_count_365d
    from answers
    group by customer_id
)

select
    summed.customer_id,
    nps_answers.score as latest_nps_score,
    nps_answers.responded_at as latest_nps_responded_at,
    nps_answers.nps_group as latest_nps_group,
    nps_answers.previous_score as previous_nps_score,
    latest_csat.is_good as is_latest_csat_satisfied,
    latest_csat.touchpoint as latest_csat_touchpoint,
    latest_csat.responded_at as latest_csat_responded_at,
    summed.last_survey_at,
    {{ days_between('summed.last_survey_at', as_of_date()) }} as days_since_last_survey,
    cast(summed.survey_count_365d as bigint) as survey_count_365d
from summed
left join nps_answers
    on
        summed.customer_id = nps_answers.customer_id
        and nps_answers.next_responded_at is null
left join latest_csat
    on
        summed.customer_id = latest_csat.customer_id
        and latest_csat.answer_rank = 1
