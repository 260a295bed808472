with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

customer_values as (
    select * from {{ ref('fct_customer_value') }}
),

churn_risks as (
    select * from {{ ref('fct_churn_risk') }}
)

select
    customers.customer_id,
    customer_values.p_alive,
    customer_values.expected_orders_30d,
    customer_values.expected_orders_90d,
    customer_values.expected_orders_365d,
    customer_values.expected_order_value_amount,
    customer_values.predicted_clv_365d_amount,
    customer_values.value_tier,
    churn_risks.churn_risk,
    churn_risks.churn_risk_band,
    churn_risks.risk_driver_1,
    churn_risks.risk_driver_2,
    churn_risks.risk_driver_3,
    churn_risks.subscription_churn_risk
from customers
left join customer_values on customers.customer_id = customer_values.customer_id
left join churn_risks on customers.customer_id = churn_risks.customer_id
