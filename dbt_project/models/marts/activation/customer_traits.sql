with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

order_sums as (
    select * from {{ ref('int_orders_summed_to_customers') }}
),

stages as (
    select * from {{ ref('fct_lifecycle_stages') }}
    where exited_at is null
),

rfm as (
    select * from {{ ref('fct_customer_rfm') }}
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
    {{ as_of_date() }} as as_of_date,
    customers.customer_id,
    customers.email,
    customers.phone,
    customers.first_name,
    customers.last_name,
    customers.birth_date,
    customers.gender,
    customers.country,
    customers.region,
    customers.city,
    customers.language,
    customers.timezone,
    customers.acquisition_channel,
    customers.account_id,
    customers.created_at,
    stages.lifecycle_stage,
    stages.entered_at as lifecycle_stage_entered_at,
    order_sums.first_ordered_at,
    order_sums.last_ordered_at,
    order_sums.days_since_last_order,
    coalesce(order_sums.order_count, 0) as order_count,
    coalesce(order_sums.order_count_90d, 0) as order_count_90d,
    coalesce(order_sums.order_count_365d, 0) as order_count_365d,
    cast(coalesce(order_sums.net_revenue_amount, 0) as decimal(18, 4)) as net_revenue_amount,
    cast(coalesce(order_sums.net_revenue_365d_amount, 0) as decimal(18, 4)) as net_revenue_365d_amount,
    order_sums.average_order_value_amount,
    customers.first_product_category,
    rfm.recency_days,
    rfm.frequency,
    rfm.monetary_amount,
    rfm.r_score,
    rfm.f_score,
    rfm.m_score,
    rfm.rfm_segment,
    nps_answers.score as latest_nps_score,
    nps_answers.responded_at as latest_nps_responded_at
from customers
left join order_sums on customers.customer_id = order_sums.customer_id
left join stages on customers.customer_id = stages.customer_id
left join rfm on customers.customer_id = rfm.customer_id
left join nps_answers
    on
        customers.customer_id = nps_answers.customer_id
        and nps_answers.answer_rank = 1
