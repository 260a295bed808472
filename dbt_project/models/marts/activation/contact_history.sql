with

customers as (
    select customer_id
    from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

campaigns as (
    select * from {{ ref('stg_shop__campaigns') }}
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

{# The first acceptance of an entry; what follows for it are updates. Day D's audience goes out the morning after. #}
entries as (
    select
        customer_id,
        audience,
        cast({{ add_days('min(as_of_date)', 1) }} as timestamp) as contacted_at
    from {{ ref('stg_state__receipts') }}
    where operation = 'upsert' and status = 'accepted'
    group by customer_id, audience, entry_seq
),

last_messages as (
    select
        customer_id,
        audience,
        max(contacted_at) as last_sent_at
    from messages
    where audience is not null
    group by customer_id, audience
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
    left join last_messages
        on
            entries.customer_id = last_messages.customer_id
            and entries.audience = last_messages.audience
    where last_messages.last_sent_at is null or last_messages.last_sent_at < entries.contacted_at
)

select
    contacts.customer_id,
    contacts.channel,
    contacts.audience,
    contacts.contacted_at,
    contacts.kind
from contacts
inner join customers on contacts.customer_id = customers.customer_id
