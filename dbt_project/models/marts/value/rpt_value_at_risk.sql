with

pains as (
    select * from {{ ref('fct_customer_pains') }}
    where is_open
),

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

order_sums as (
    select * from {{ ref('int_orders_summed_to_customers') }}
),

customer_values as (
    select * from {{ ref('fct_customer_value') }}
),

everyone as (
    select
        customers.customer_id,
        coalesce(customer_values.predicted_clv_365d_amount, order_sums.net_revenue_365d_amount, 0) as value_amount
    from customers
    left join order_sums on customers.customer_id = order_sums.customer_id
    left join customer_values on customers.customer_id = customer_values.customer_id
),

total as (
    select sum(value_amount) as value_amount from everyone
),

{# Whoever has two pains is at risk once. #}
cuts as (
    select
        customer_id,
        pain_code
    from pains
    union
    select
        customer_id,
        'all' as pain_code
    from pains
),

counted as (
    select
        cuts.pain_code,
        count(*) as customers,
        sum(everyone.value_amount) as value_at_risk_amount
    from cuts
    inner join everyone on cuts.customer_id = everyone.customer_id
    group by cuts.pain_code
),

codes as (
    select 'all' as pain_code
    union
    select pain_code from counted
)

select
    {{ as_of_date() }} as as_of_date,
    codes.pain_code,
    cast(coalesce(counted.customers, 0) as bigint) as customers,
    cast(coalesce(counted.value_at_risk_amount, 0) as decimal(18, 4)) as value_at_risk_amount,
    {{ ratio('coalesce(counted.value_at_risk_amount, 0)', 'total.value_amount') }} as share_of_value
from codes
cross join total
left join counted on codes.pain_code = counted.pain_code
