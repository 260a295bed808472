with

sessions as (
    select
        customer_id,
        session_number,
        started_at,
        ended_at,
        channel,
        coalesce(campaign_id, first_touch_campaign) as campaign_id,
        device,
        {{ days_between('started_at', as_of_date()) }} as days_ago
    from {{ ref('fct_sessions') }}
    where customer_id is not null
),

{# The last session that came from somewhere; a direct one only when all were. #}
ranked as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by case when channel <> 'direct' then session_number end desc nulls last, session_number desc
        ) as last_touch_rank
    from sessions
),

devices as (
    select
        customer_id,
        device,
        row_number() over (partition by customer_id order by count(*) desc, device) as device_rank
    from sessions
    where device is not null and days_ago <= {{ var('device_lookback_days') }}
    group by customer_id, device
),

summed as (
    select
        customer_id,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at,
        count(*) filter (where days_ago <= 30) as sessions_30d,
        max(case when session_number = 1 then channel end) as first_touch_channel,
        max(case when session_number = 1 then campaign_id end) as first_touch_campaign,
        max(case when last_touch_rank = 1 then channel end) as last_touch_channel,
        max(case when last_touch_rank = 1 then campaign_id end) as last_touch_campaign
    from ranked
    group by customer_id
)

select
    summed.customer_id,
    summed.first_seen_at,
    summed.last_seen_at,
    cast(summed.sessions_30d as bigint) as sessions_30d,
    summed.first_touch_channel,
    summed.first_touch_campaign,
    summed.last_touch_channel,
    summed.last_touch_campaign,
    devices.device as primary_device
from summed
left join devices
    on
        summed.customer_id = devices.customer_id
        and devices.device_rank = 1
