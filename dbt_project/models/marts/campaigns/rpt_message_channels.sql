with

messages as (
    select
        *,
        {{ month_start('sent_at') }} as period_start,
        case when opened_at is not null then 1 else 0 end as opened,
        case when clicked_at is not null then 1 else 0 end as clicked
    from {{ ref('int_messages_summed') }}
),

counted as (
    select
        period_start,
        channel,
        count(*) as sent,
        count(distinct customer_id) as people,
        sum(case when is_delivered then 1 else 0 end) as delivered,
        sum(case when is_bounced_hard then 1 else 0 end) as hard_bounces,
        sum(case when is_bounced_soft then 1 else 0 end) as soft_bounces,
        sum(opened) as human_opens,
        sum(case when is_opened_by_anyone then 1 - opened else 0 end) as machine_opens,
        sum(clicked) as clicks,
        sum(case when is_unsubscribed then 1 else 0 end) as unsubscribes,
        sum(case when is_complained then 1 else 0 end) as complaints
    from messages
    group by period_start, channel
)

select
    period_start,
    channel,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete,
    cast(sent as bigint) as sent,
    cast(people as bigint) as people,
    {{ ratio('sent', 'people') }} as messages_per_person,
    cast(delivered as bigint) as delivered,
    cast(hard_bounces as bigint) as hard_bounces,
    cast(soft_bounces as bigint) as soft_bounces,
    cast(human_opens as bigint) as human_opens,
    cast(machine_opens as bigint) as machine_opens,
    cast(clicks as bigint) as clicks,
    cast(unsubscribes as bigint) as unsubscribes,
    cast(complaints as bigint) as complaints,
    {{ ratio('delivered', 'sent') }} as delivery_rate,
    {{ ratio('hard_bounces', 'sent') }} as hard_bounce_rate,
    {{ ratio('soft_bounces', 'sent') }} as soft_bounce_rate,
    {{ ratio('human_opens', 'delivered') }} as open_rate,
    {{ ratio('human_opens + machine_opens', 'delivered') }} as raw_open_rate,
    {{ ratio('machine_opens', 'human_opens + machine_opens') }} as machine_open_share,
    {{ ratio('clicks', 'delivered') }} as click_rate,
    {{ ratio('unsubscribes', 'delivered') }} as unsubscribe_rate,
    {{ ratio('complaints', 'delivered') }} as complaint_rate,
    {{ ratio('complaints', 'delivered') }} > {{ var('max_complaint_rate') }} as is_over_complaint_limit,
    {{ ratio('hard_bounces', 'sent') }} > {{ var('max_hard_bounce_rate') }} as is_over_bounce_limit,
    {{ ratio('unsubscribes', 'delivered') }} > {{ var('max_unsubscribe_rate') }} as is_over_unsubscribe_limit
from counted
