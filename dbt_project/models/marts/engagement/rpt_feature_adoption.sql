with

features as (
    select distinct
        feature,
        is_key
    from {{ ref('features') }}
),

used as (
    select * from {{ ref('int_feature_months_counted') }}
),

sessions as (
    select * from {{ ref('fct_sessions') }}
    where customer_id is not null
),

first_weeks as (
    select * from {{ ref('int_feature_first_weeks_counted') }}
),

{# A session over midnight may begin in the month before the use. #}
active as (
    select
        users.period_start,
        count(*) as active_users
    from (
        select
            customer_id,
            {{ month_start('started_at') }} as period_start
        from sessions
        union
        select
            customer_id,
            period_start
        from used
    ) as users
    group by 1
),

users as (
    select
        feature,
        period_start,
        count(*) as users
    from used
    group by 1, 2
)

select
    active.period_start,
    features.feature,
    features.is_key,
    cast(active.active_users as bigint) as active_users,
    cast(coalesce(users.users, 0) as bigint) as users,
    {{ ratio('coalesce(users.users, 0)', 'active.active_users') }} as adoption_rate,
    coalesce(first_weeks.new_customers, 0) as new_customers,
    first_weeks.first_week_users,
    {{ ratio('first_weeks.first_week_users', 'first_weeks.new_customers') }} as first_week_rate,
    {{ add_months('active.period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
from active
cross join features
left join users on active.period_start = users.period_start and features.feature = users.feature
left join first_weeks on active.period_start = first_weeks.period_start and features.feature = first_weeks.feature
