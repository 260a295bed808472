with

customers as (
    select * from {{ ref('dim_customers') }}
    where account_id is not null
),

stages as (
    select
        customer_id,
        lifecycle_stage
    from {{ ref('fct_lifecycle_stages') }}
    where exited_at is null
),

seen as (
    select
        customer_id,
        last_seen_at
    from {{ ref('fct_customer_engagement') }}
),

order_sums as (
    select * from {{ ref('int_orders_summed_to_customers') }}
),

{# What somebody bought stays the account's when the profile is gone. #}
people as (
    select
        customers.account_id,
        order_sums.net_revenue_365d_amount,
        order_sums.net_revenue_amount,
        order_sums.last_ordered_at,
        case when not customers.is_deleted and not customers.is_erased then stages.lifecycle_stage end as stage,
        case when not customers.is_deleted and not customers.is_erased then seen.last_seen_at end as last_seen_at
    from customers
    left join stages on customers.customer_id = stages.customer_id
    left join seen on customers.customer_id = seen.customer_id
    left join order_sums on customers.customer_id = order_sums.customer_id
)

select
    account_id,
    cast(count(stage) as bigint) as customers,
    cast(sum(case when stage <> 'acquired' then 1 else 0 end) as bigint) as converted_customers,
    cast(sum(
        case when stage in ('onboarding', 'active', 'retained', 'advocate', 'reactivated') then 1 else 0 end
    ) as bigint) as active_customers,
    cast(sum(case when stage = 'at_risk' then 1 else 0 end) as bigint) as at_risk_customers,
    cast(sum(case when stage = 'churned' then 1 else 0 end) as bigint) as churned_customers,
    cast(sum(coalesce(net_revenue_amount, 0)) as decimal(18, 4)) as net_revenue_amount,
    cast(sum(coalesce(net_revenue_365d_amount, 0)) as decimal(18, 4)) as net_revenue_365d_amount,
    max(last_ordered_at) as last_ordered_at,
    max(last_seen_at) as last_seen_at
from people
group by account_id
