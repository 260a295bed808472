with

{# What a machine opened or clicked, nobody did. #}
events as (
    select
        customer_id,
        message_id,
        event,
        occurred_at,
        {{ days_between('occurred_at', as_of_date()) }} as days_ago
    from {{ ref('stg_shop__message_events') }}
    where
        channel = 'email'
        and event in ('delivered', 'opened', 'clicked')
        and (event = 'delivered' or not coalesce(is_machine, false))
),

messages as (
    select
        customer_id,
        message_id,
        max(case when event = 'delivered' and days_ago <= 90 then 1 else 0 end) as delivered,
        max(case when event = 'opened' and days_ago <= 90 then 1 else 0 end) as opened,
        max(case when event = 'clicked' and days_ago <= 90 then 1 else 0 end) as clicked,
        max(case when event = 'clicked' then occurred_at end) as last_click_at
    from events
    group by customer_id, message_id
),

summed as (
    select
        customer_id,
        cast(sum(delivered) as bigint) as emails_delivered_90d,
        cast(sum(opened) as bigint) as human_opens_90d,
        cast(sum(clicked) as bigint) as clicks_90d,
        max(last_click_at) as last_click_at
    from messages
    group by customer_id
)

select
    customer_id,
    emails_delivered_90d,
    human_opens_90d,
    clicks_90d,
    last_click_at,
    case
        when clicks_90d > 0 then 'clicking'
        when human_opens_90d > 0 then 'opening'
        when emails_delivered_90d > 0 then 'silent'
        else 'not_mailed'
    end as email_engagement_tier
from summed
