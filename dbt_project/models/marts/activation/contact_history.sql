with

customers as (
    select customer_id
    from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

campaigns as (
    select * from {{ ref('int_campaigns_listed') }}
),

{# Messages of steps that share an experiment are reported under the first of them, as in int_campaigns_listed. #}
audiences as (
    select
        audience,
        needs_contact,
        case
            when experiment is null then audience
            else first_value(audience) over (partition by experiment order by step asc nulls first, audience asc)
        end as reported_as
    from {{ ref('audience_settings') }}
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
accepted as (
    select
        customer_id,
        audience,
        cast({{ add_days('min(as_of_date)', 1) }} as timestamp) as contacted_at
    from {{ ref('stg_state__receipts') }}
    where operation = 'upsert' and status = 'accepted'
    group by customer_id, audience, entry_seq
),

entries as (
    select
        accepted.*,
        coalesce(audiences.reported_as, accepted.audience) as reported_as
    from accepted
    left join audiences on accepted.audience = audiences.audience
    where coalesce(audiences.needs_contact, true)
),

last_messages as (
    select
        messages.customer_id,
        coalesce(audiences.reported_as, messages.audience) as reported_as,
        max(messages.contacted_at) as last_sent_at
    from messages
    left join audiences on messages.audience = audiences.audience
    where messages.audience is not null
    group by messages.customer_id, coalesce(audiences.reported_as, messages.audience)
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
            and entries.reported_as = last_messages.reported_as
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
