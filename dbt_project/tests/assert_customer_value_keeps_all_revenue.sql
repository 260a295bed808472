{# A row means that a customer with counted orders has no value row, or one whose past is not what they brought. #}
with

order_sums as (
    select * from {{ ref('int_orders_summed_to_customers') }}
),

customer_values as (
    select * from {{ ref('fct_customer_value') }}
)

select
    order_sums.customer_id,
    customer_values.customer_id as value_customer_id
from order_sums
full outer join customer_values on order_sums.customer_id = customer_values.customer_id
where
    order_sums.customer_id is null
    or customer_values.customer_id is null
    or order_sums.net_revenue_amount <> customer_values.historic_value_amount
