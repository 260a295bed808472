with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

answers as (
    select * from {{ ref('int_answers_summed_to_customers') }}
),

reviews as (
    select * from {{ ref('int_reviews_summed_to_customers') }}
),

requests as (
    select * from {{ ref('int_feedback_requests_judged') }}
)

select
    customers.customer_id,
    answers.latest_nps_score,
    answers.latest_nps_responded_at,
    answers.latest_nps_group,
    answers.previous_nps_score,
    answers.is_latest_csat_satisfied,
    answers.latest_csat_touchpoint,
    answers.latest_csat_responded_at,
    answers.last_survey_at,
    answers.days_since_last_survey,
    coalesce(answers.survey_count_365d, 0) as survey_count_365d,
    coalesce(answers.days_since_last_survey >= {{ var('survey_pause_days') }}, true) as is_survey_allowed,
    coalesce(requests.is_delivery_survey_due, false) as is_delivery_survey_due,
    coalesce(requests.is_review_request_due, false) as is_review_request_due,
    coalesce(reviews.review_count, 0) as review_count,
    reviews.average_rating,
    reviews.last_reviewed_at
from customers
left join answers on customers.customer_id = answers.customer_id
left join reviews on customers.customer_id = reviews.customer_id
left join requests on customers.customer_id = requests.customer_id
