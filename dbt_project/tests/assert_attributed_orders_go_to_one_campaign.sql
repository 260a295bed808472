{# A row means that more is attributed to campaigns than was ordered, or that campaigns do not sum up to what is attributed. #}
with

ordered as (
    select
        count(*) as orders,
        coalesce(sum(net_amount), 0) as amount
    from {{ ref('int_goal_events_listed') }}
    where event_name = 'order_completed'
),

attributed as (
    select
        count(*) as orders,
        coalesce(sum(net_amount), 0) as amount
    from {{ ref('int_goal_events_attributed') }}
    where event_name = 'order_completed'
),

reported as (
    select
        coalesce(sum(attributed_orders), 0) as orders,
        coalesce(sum(attributed_revenue_amount), 0) as amount
    from {{ ref('rpt_campaign_performance') }}
)

select
    ordered.orders,
    attributed.orders as attributed_orders,
    reported.orders as reported_orders
from ordered
cross join attributed
cross join reported
where
    attributed.orders > ordered.orders
    or attributed.orders <> reported.orders
    or attributed.amount <> reported.amount
