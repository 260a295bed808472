with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

customer_values as (
    select * from {{ ref('fct_customer_value') }}
)

select
    customers.customer_id,
    customer_values.p_alive,
    customer_values.expected_orders_30d,
    customer_values.expected_orders_90d,
    customer_values.expected_orders_365d,
    customer_values.expected_order_value_amount,
    customer_values.predicted_clv_365d_amount,
    customer_values.value_tier
from customers
left join customer_values on customers.customer_id = customer_values.customer_id
