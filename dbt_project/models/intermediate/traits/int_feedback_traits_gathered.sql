with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

nps_answers as (
    select
        customer_id,
        score,
        responded_at,
        row_number() over (partition by customer_id order by responded_at desc, response_id asc) as answer_rank
    from {{ ref('stg_shop__survey_responses') }}
    where survey = 'nps' and customer_id is not null
)

select
    customers.customer_id,
    nps_answers.score as latest_nps_score,
    nps_answers.responded_at as latest_nps_responded_at
from customers
left join nps_answers
    on
        customers.customer_id = nps_answers.customer_id
        and nps_answers.answer_rank = 1
