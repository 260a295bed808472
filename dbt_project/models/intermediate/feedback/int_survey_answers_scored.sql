with

answers as (
    select * from {{ ref('stg_shop__survey_responses') }}
    where survey in ('csat', 'ces')
),

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

scales as (
    select
        'csat' as survey,
        scale_max,
        satisfied_from as good_from,
        dissatisfied_to as bad_to
    from {{ ref('csat_scales') }}
    union all
    select
        'ces' as survey,
        scale_max,
        easy_from as good_from,
        cast(null as bigint) as bad_to
    from {{ ref('ces_scales') }}
)

select
    answers.response_id,
    answers.customer_id,
    answers.survey,
    coalesce(answers.touchpoint, '(unknown)') as touchpoint,
    coalesce(lower(split_part(customers.language, '-', 1)), '(unknown)') as language,
    answers.score,
    scales.scale_max is not null as is_mapped,
    answers.score >= scales.good_from as is_good,
    answers.score <= scales.bad_to as is_bad,
    answers.responded_at
from answers
left join scales
    on
        answers.survey = scales.survey
        and answers.scale_max = scales.scale_max
left join customers on answers.customer_id = customers.customer_id
