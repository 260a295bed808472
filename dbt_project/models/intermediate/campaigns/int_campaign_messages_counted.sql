with

messages as (
    select
        *,
        case when opened_at is not null then 1 else 0 end as opened,
        case when clicked_at is not null then 1 else 0 end as clicked
    from {{ ref('int_messages_summed') }}
    where campaign_id is not null
),

people as (
    select * from {{ ref('int_campaign_people_gathered') }}
)

select
    people.campaign_id,
    people.arm,
    cast(count(*) as bigint) as sent,
    cast(sum(case when messages.is_delivered then 1 else 0 end) as bigint) as delivered,
    cast(sum(case when messages.is_bounced_hard or messages.is_bounced_soft then 1 else 0 end) as bigint) as bounces,
    cast(sum(messages.opened) as bigint) as human_opens,
    cast(sum(case when messages.is_opened_by_anyone then 1 - messages.opened else 0 end) as bigint) as machine_opens,
    cast(sum(messages.clicked) as bigint) as clicks,
    cast(sum(case when messages.is_unsubscribed then 1 else 0 end) as bigint) as unsubscribes,
    cast(sum(case when messages.is_complained then 1 else 0 end) as bigint) as complaints
from messages
inner join people
    on
        messages.campaign_id = people.campaign_id
        and messages.customer_id = people.customer_id
group by people.campaign_id, people.arm
