with

consents as (
    select * from {{ ref('stg_shop__consents') }}
),

message_events as (
    select * from {{ ref('stg_shop__message_events') }}
    where event in ('unsubscribed', 'complained', 'bounced_hard')
),

channels as (
    select * from {{ ref('contact_channels') }}
),

purposes as (
    select * from {{ ref('consent_purposes') }}
),

{# A "no" to a channel or purpose we do not know is a "no" to all of them; a "yes" to it is none. #}
gathered as (
    select
        consents.customer_id,
        case when channels.channel is null and consents.status <> 'granted' then '*' else consents.channel end
            as channel,
        case when purposes.purpose is null and consents.status <> 'granted' then '*' else consents.purpose end
            as purpose,
        consents.status,
        consents.status as reason,
        consents.occurred_at,
        consents.consent_event_id as decision_id
    from consents
    left join channels on consents.channel = channels.channel
    left join purposes on consents.purpose = purposes.purpose
    union all
    select
        customer_id,
        channel,
        '*' as purpose,
        'withdrawn' as status,
        event as reason,
        occurred_at,
        message_event_id as decision_id
    from message_events
)

select
    customer_id,
    channel,
    purpose,
    status,
    reason,
    occurred_at,
    decision_id
from gathered
