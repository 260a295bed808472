with

conditions as (
    select * from {{ ref('int_purchase_conditions_spanned') }}
),

points as (
    select
        customer_id,
        condition,
        starts_on as changed_on,
        1 as change
    from conditions
    union all
    select
        customer_id,
        condition,
        ends_on as changed_on,
        -1 as change
    from conditions
    where ends_on <= {{ as_of_date() }}
),

daily as (
    select
        customer_id,
        changed_on,
        sum(case when condition = 'once_bought' then change else 0 end) as once_bought,
        sum(case when condition = 'no_purchase_stands' then change else 0 end) as no_purchase_stands,
        sum(case when condition = 'no_second_purchase' then change else 0 end) as no_second_purchase,
        sum(case when condition = 'overdue' then change else 0 end) as overdue,
        sum(case when condition = 'long_overdue' then change else 0 end) as long_overdue,
        sum(case when condition = 'subscribed' then change else 0 end) as subscribed,
        sum(case when condition = 'once_subscribed' then change else 0 end) as once_subscribed
    from points
    group by customer_id, changed_on
),

running as (
    select
        customer_id,
        changed_on,
        sum(once_bought) over history - sum(no_purchase_stands) over history as bought,
        sum(once_bought) over history - sum(no_second_purchase) over history as repeated,
        sum(overdue) over history as overdue,
        sum(long_overdue) over history as long_overdue,
        sum(subscribed) over history as subscribed,
        sum(once_subscribed) over history as once_subscribed
    from daily
    window history as (partition by customer_id order by changed_on rows unbounded preceding)
)

select
    customer_id,
    changed_on,
    bought > 0 as has_bought,
    repeated > 0 as has_repeated,
    overdue > 0 as is_overdue,
    long_overdue > 0 as is_long_overdue,
    subscribed > 0 as is_subscribed,
    once_subscribed > 0 as has_subscribed
from running
