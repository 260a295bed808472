with

customers as (
    select
        customer_id,
        created_at,
        {{ month_start('created_at') }} as period_start
    from {{ ref('stg_shop__customers') }}
),

features as (
    select distinct feature from {{ ref('features') }}
),

first_uses as (
    select
        customer_id,
        feature,
        min(first_used_at) as first_used_at
    from {{ ref('int_feature_months_counted') }}
    group by 1, 2
),

new_customers as (
    select
        period_start,
        count(*) as new_customers,
        {{ add_days(add_months('period_start', 1), 6) }} <= {{ as_of_date() }} as is_first_week_over
    from customers
    group by 1
),

found as (
    select
        customers.period_start,
        first_uses.feature,
        count(*) as first_week_users
    from customers
    inner join first_uses on customers.customer_id = first_uses.customer_id
    where {{ days_between('customers.created_at', 'first_uses.first_used_at') }} <= 7
    group by 1, 2
)

select
    new_customers.period_start,
    features.feature,
    cast(new_customers.new_customers as bigint) as new_customers,
    cast(
        case when new_customers.is_first_week_over then coalesce(found.first_week_users, 0) end as bigint
    ) as first_week_users
from new_customers
cross join features
left join found on new_customers.period_start = found.period_start and features.feature = found.feature
