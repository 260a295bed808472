with

deliveries as (
    select
        customer_id,
        max(delivered_at) as last_delivered_at,
        {{ days_between('max(delivered_at)', as_of_date()) }} as days_since_delivery
    from {{ ref('int_shipments_judged') }}
    where delivered_at is not null and customer_id is not null
    group by customer_id
),

answers as (
    select * from {{ ref('int_answers_summed_to_customers') }}
),

reviews as (
    select * from {{ ref('int_reviews_summed_to_customers') }}
),

pains as (
    select * from {{ ref('int_pains_summed_to_customers') }}
)

select
    deliveries.customer_id,
    deliveries.days_since_delivery between {{ var('survey_after_days') }} and {{ var('feedback_request_until_days') }}
    and coalesce(answers.days_since_last_survey >= {{ var('survey_pause_days') }}, true) as is_delivery_survey_due,
    deliveries.days_since_delivery
    between {{ var('review_request_after_days') }} and {{ var('feedback_request_until_days') }}
    and coalesce(reviews.last_reviewed_at < deliveries.last_delivered_at, true)
    and coalesce(pains.open_pain_count, 0) = 0 as is_review_request_due
from deliveries
left join answers on deliveries.customer_id = answers.customer_id
left join reviews on deliveries.customer_id = reviews.customer_id
left join pains on deliveries.customer_id = pains.customer_id
