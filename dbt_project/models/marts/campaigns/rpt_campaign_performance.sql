with

campaigns as (
    select * from {{ ref('int_campaigns_listed') }}
),

people as (
    select * from {{ ref('int_campaign_people_measured') }}
),

messages as (
    select * from {{ ref('int_campaign_messages_counted') }}
),

attributions as (
    select * from {{ ref('int_campaign_attributions_summed') }}
),

{# Only people whose window is over say what a campaign does; the others would pull the rate down. #}
arms as (
    select
        campaign_id,
        arm,
        max(case when is_control then 1 else 0 end) = 1 as is_control,
        max(case when is_assigned then 1 else 0 end) = 1 as is_assigned,
        count(*) as assigned,
        sum(case when is_window_over then 1 else 0 end) as measured,
        sum(case when is_window_over and converted_at is not null then 1 else 0 end) as converters,
        sum(case when is_window_over then revenue_amount else 0 end) as revenue_amount
    from people
    group by campaign_id, arm
)

select
    arms.campaign_id,
    arms.arm,
    campaigns.name as campaign_name,
    campaigns.program,
    campaigns.channel,
    campaigns.goal_event,
    campaigns.goal_window_days,
    arms.is_control,
    arms.is_assigned,
    arms.measured = arms.assigned as is_complete,
    cast(arms.assigned as bigint) as assigned,
    cast(arms.measured as bigint) as measured,
    coalesce(messages.sent, 0) as sent,
    coalesce(messages.delivered, 0) as delivered,
    coalesce(messages.bounces, 0) as bounces,
    coalesce(messages.human_opens, 0) as human_opens,
    coalesce(messages.machine_opens, 0) as machine_opens,
    coalesce(messages.human_opens + messages.machine_opens, 0) as raw_opens,
    coalesce(messages.clicks, 0) as clicks,
    coalesce(messages.unsubscribes, 0) as unsubscribes,
    coalesce(messages.complaints, 0) as complaints,
    {{ ratio('messages.human_opens', 'messages.delivered') }} as open_rate,
    {{ ratio('messages.human_opens + messages.machine_opens', 'messages.delivered') }} as raw_open_rate,
    {{ ratio('messages.machine_opens', 'messages.human_opens + messages.machine_opens') }} as machine_open_share,
    {{ ratio('messages.clicks', 'messages.delivered') }} as click_rate,
    {{ ratio('messages.clicks', 'messages.human_opens') }} as click_to_open_rate,
    case when arms.measured > 0 then cast(arms.converters as bigint) end as converters,
    {{ ratio('arms.converters', 'arms.measured') }} as conversion_rate,
    case when arms.measured > 0 then cast(arms.revenue_amount as decimal(18, 4)) end as revenue_amount,
    cast({{ ratio('arms.revenue_amount', 'arms.measured') }} as decimal(18, 4)) as revenue_per_person_amount,
    coalesce(attributions.conversions, 0) as attributed_conversions,
    coalesce(attributions.orders, 0) as attributed_orders,
    coalesce(attributions.revenue_amount, 0) as attributed_revenue_amount
from arms
left join campaigns on arms.campaign_id = campaigns.campaign_id
left join messages
    on
        arms.campaign_id = messages.campaign_id
        and arms.arm = messages.arm
left join attributions
    on
        arms.campaign_id = attributions.campaign_id
        and arms.arm = attributions.arm
