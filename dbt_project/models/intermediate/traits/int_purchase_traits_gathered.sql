with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

order_sums as (
    select * from {{ ref('int_orders_summed_to_customers') }}
),

purchases as (
    select * from {{ ref('fct_customer_purchases') }}
),

bands as (
    select * from {{ ref('int_customers_banded') }}
),

rfm as (
    select * from {{ ref('fct_customer_rfm') }}
)

select
    customers.customer_id,
    order_sums.first_ordered_at,
    order_sums.last_ordered_at,
    order_sums.days_since_last_order,
    coalesce(order_sums.order_count, 0) as order_count,
    coalesce(order_sums.order_count_90d, 0) as order_count_90d,
    coalesce(order_sums.order_count_365d, 0) as order_count_365d,
    cast(coalesce(order_sums.net_revenue_amount, 0) as decimal(18, 4)) as net_revenue_amount,
    cast(coalesce(order_sums.net_revenue_365d_amount, 0) as decimal(18, 4)) as net_revenue_365d_amount,
    order_sums.average_order_value_amount,
    order_sums.discount_share_365d,
    customers.first_product_category,
    rfm.recency_days,
    rfm.frequency,
    rfm.monetary_amount,
    rfm.r_score,
    rfm.f_score,
    rfm.m_score,
    rfm.rfm_segment,
    bands.order_frequency_band,
    bands.order_value_band,
    purchases.median_gap_days,
    purchases.expected_gap_days,
    purchases.expected_next_order_on,
    {{ days_between(as_of_date(), 'purchases.expected_next_order_on') }} as days_until_expected_order,
    coalesce(purchases.category_count, 0) as category_count,
    purchases.top_category,
    purchases.last_category,
    purchases.discount_order_share,
    purchases.discount_dependence,
    purchases.refund_order_share,
    purchases.preferred_payment_method,
    purchases.preferred_order_channel
from customers
left join order_sums on customers.customer_id = order_sums.customer_id
left join purchases on customers.customer_id = purchases.customer_id
left join bands on customers.customer_id = bands.customer_id
left join rfm on customers.customer_id = rfm.customer_id
