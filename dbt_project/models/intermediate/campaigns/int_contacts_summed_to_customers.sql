with

messages as (
    select
        *,
        coalesce(clicked_at, opened_at) as answered_at,
        {{ days_between('sent_at', as_of_date()) }} as days_ago
    from {{ ref('int_messages_summed') }}
),

summed as (
    select
        customer_id,
        max(sent_at) as last_contacted_at,
        sum(case when days_ago <= 7 then 1 else 0 end) as contact_count_7d,
        sum(case when days_ago <= 30 then 1 else 0 end) as contact_count_30d,
        max(case when answered_at is not null then sent_at end) as last_answered_sent_at
    from messages
    group by customer_id
),

latest as (
    select
        customer_id,
        campaign_id,
        row_number() over (partition by customer_id order by sent_at desc, message_id asc) as message_rank
    from messages
    where campaign_id is not null
),

{# The channel a person clicks in most; of two, the one clicked in last. #}
clicked_channels as (
    select
        customer_id,
        channel,
        row_number() over (
            partition by customer_id order by count(*) desc, max(clicked_at) desc, channel asc
        ) as channel_rank
    from messages
    where clicked_at is not null and {{ days_between('clicked_at', as_of_date()) }} <= 365
    group by customer_id, channel
),

unanswered as (
    select
        messages.customer_id,
        count(*) as message_count
    from messages
    inner join summed on messages.customer_id = summed.customer_id
    where
        messages.is_delivered
        and (summed.last_answered_sent_at is null or messages.sent_at > summed.last_answered_sent_at)
    group by messages.customer_id
)

select
    summed.customer_id,
    summed.last_contacted_at,
    cast(summed.contact_count_7d as bigint) as contact_count_7d,
    cast(summed.contact_count_30d as bigint) as contact_count_30d,
    cast(coalesce(unanswered.message_count, 0) as bigint) as unanswered_message_count,
    latest.campaign_id as last_campaign_id,
    clicked_channels.channel as preferred_channel
from summed
left join unanswered on summed.customer_id = unanswered.customer_id
left join latest
    on
        summed.customer_id = latest.customer_id
        and latest.message_rank = 1
left join clicked_channels
    on
        summed.customer_id = clicked_channels.customer_id
        and clicked_channels.channel_rank = 1
