with

attributed as (
    select * from {{ ref('int_goal_events_attributed') }}
),

people as (
    select * from {{ ref('int_campaign_people_measured') }}
),

campaigns as (
    select * from {{ ref('int_campaigns_listed') }}
),

{# Of each person what the campaign is credited with. #}
credited as (
    select
        attributed.campaign_id,
        attributed.customer_id,
        max(case when attributed.event_name = coalesce(campaigns.goal_event, 'order_completed') then 1 else 0 end)
            as converted,
        sum(case when attributed.event_name = 'order_completed' then 1 else 0 end) as orders,
        sum(coalesce(attributed.net_amount, 0)) as revenue
    from attributed
    left join campaigns on attributed.campaign_id = campaigns.campaign_id
    group by attributed.campaign_id, attributed.customer_id
)

select
    people.campaign_id,
    people.arm,
    cast(sum(credited.converted) as bigint) as conversions,
    cast(sum(credited.orders) as bigint) as orders,
    cast(sum(credited.revenue) as decimal(18, 4)) as revenue_amount,
    cast(sum(case when people.is_window_over then credited.converted else 0 end) as bigint) as measured_conversions,
    cast(sum(case when people.is_window_over then credited.revenue else 0 end) as decimal(18, 4))
        as measured_revenue_amount
from credited
inner join people
    on
        credited.campaign_id = people.campaign_id
        and credited.customer_id = people.customer_id
group by people.campaign_id, people.arm
