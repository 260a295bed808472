with

customers as (
    select customer_id
    from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

campaigns as (
    select * from {{ ref('int_campaigns_listed') }}
),

messages as (
    select
        message_events.customer_id,
        message_events.channel,
        campaigns.audience,
        message_events.occurred_at as contacted_at,
        'message' as kind
    from {{ ref('stg_shop__message_events') }} as message_events
    left join campaigns on message_events.campaign_id = campaigns.campaign_id
    where message_events.event = 'sent'
),

entries as (
    select * from {{ ref('int_entries_accepted') }}
),

contacts as (
    select
        customer_id,
        channel,
        audience,
        contacted_at,
        kind
    from messages
    union all
    select
        entries.customer_id,
        cast(null as varchar) as channel,
        entries.audience,
        entries.contacted_at,
        'entry' as kind
    from entries
    where not exists (
        select 1 from messages
        where
            messages.customer_id = entries.customer_id
            and messages.audience in (entries.audience, entries.reported_as)
            and messages.contacted_at >= entries.contacted_at
    )
)

select
    contacts.customer_id,
    contacts.channel,
    contacts.audience,
    contacts.contacted_at,
    contacts.kind
from contacts
inner join customers on contacts.customer_id = customers.customer_id
