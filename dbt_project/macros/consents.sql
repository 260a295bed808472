{# What a decision about contacting a person is, and which one counts: once for the as-of day, and once without a cut for the
   blocks that delivery reads, so that the two never disagree. #}

{# One row a decision. A "no" to a channel or purpose we do not know is a "no" to all of them; a "yes" to it is none. #}
{% macro gathered_consents(consents, message_events) %}
select
    consents.customer_id,
    case when channels.channel is null and consents.status <> 'granted' then '*' else consents.channel end
        as channel,
    case when purposes.purpose is null and consents.status <> 'granted' then '*' else consents.purpose end
        as purpose,
    consents.status,
    consents.status as reason,
    case
        when consents.status = 'granted' and consents.source = 'double_opt_in_requested' then 'requested'
        when consents.status = 'granted' and consents.source = 'double_opt_in_confirmed' then 'confirmed'
    end as opt_in_step,
    consents.occurred_at,
    consents.consent_event_id as decision_id
from {{ consents }} as consents
left join {{ ref('contact_channels') }} as channels on consents.channel = channels.channel
left join {{ ref('consent_purposes') }} as purposes on consents.purpose = purposes.purpose

union all

select
    customer_id,
    channel,
    '*' as purpose,
    'withdrawn' as status,
    event as reason,
    cast(null as {{ t_text() }}) as opt_in_step,
    occurred_at,
    message_event_id as decision_id
from {{ message_events }} as message_events
where event in ('unsubscribed', 'complained', 'bounced_hard')
{% endmacro %}

{# A no is about the address too: whoever has it is refused for the same channel. Only the latest of an address is needed, for
   whatever ends it ends those before. #}
{% macro shared_refusals(gathered) %}
with

addresses as (
    select * from {{ ref('int_addresses_shared') }}
),

channels as (
    select
        channel,
        case channel when 'email' then 'email' when 'sms' then 'phone' when 'whatsapp' then 'phone' end as kind
    from {{ ref('contact_channels') }}
),

refusals as (
    select
        addresses.kind,
        addresses.address,
        channels.channel,
        gathered.purpose,
        gathered.reason,
        gathered.occurred_at,
        gathered.decision_id,
        row_number() over (
            partition by addresses.kind, addresses.address, channels.channel, gathered.purpose
            order by gathered.occurred_at desc, gathered.decision_id asc, gathered.reason asc
        ) as refusal_rank
    from {{ gathered }} as gathered
    inner join addresses on gathered.customer_id = addresses.customer_id
    inner join channels on addresses.kind = channels.kind and gathered.channel in (channels.channel, '*')
    where gathered.status <> 'granted'
)

select
    addresses.customer_id,
    refusals.channel,
    refusals.purpose,
    refusals.reason,
    refusals.occurred_at,
    refusals.decision_id
from refusals
inner join addresses on refusals.kind = addresses.kind and refusals.address = addresses.address
where refusals.refusal_rank = 1
{% endmacro %}

{# The decision that counts, one row a person, channel and purpose. An objection beats everything, then the latest counts; at
   the same instant a "no" beats a "yes", and a request that waits for confirmation any other yes. A confirmation of a request
   the person took back in between is void. What another customer of the address refused counts until a later grant of the
   person's own, an objection too. #}
{% macro decided_consents(gathered, shared) %}
with

decisions as (
    select
        customer_id,
        channel,
        purpose,
        status,
        reason,
        opt_in_step,
        occurred_at,
        decision_id,
        true as is_own
    from {{ gathered }} as gathered
    union all
    select
        customer_id,
        channel,
        purpose,
        'withdrawn' as status,
        reason,
        cast(null as {{ t_text() }}) as opt_in_step,
        occurred_at,
        decision_id,
        false as is_own
    from {{ shared }} as shared
),

spread as (
    select
        decisions.customer_id,
        channels.channel,
        purposes.purpose,
        decisions.status,
        decisions.reason,
        decisions.opt_in_step,
        decisions.occurred_at,
        decisions.decision_id,
        decisions.is_own
    from decisions
    inner join {{ ref('contact_channels') }} as channels on decisions.channel in (channels.channel, '*')
    inner join {{ ref('consent_purposes') }} as purposes on decisions.purpose in (purposes.purpose, '*')
),

followed as (
    select
        spread.*,
        max(case when opt_in_step = 'requested' then occurred_at end) over earlier as requested_at,
        max(case when status <> 'granted' and is_own then occurred_at end) over earlier as refused_at
    from spread
    window earlier as (partition by customer_id, channel, purpose order by occurred_at)
),

ranked as (
    select
        followed.*,
        row_number() over (
            partition by customer_id, channel, purpose
            order by
                case when status = 'objected' then 0 else 1 end asc,
                occurred_at desc,
                case when status = 'granted' then 1 else 0 end asc,
                case when opt_in_step = 'requested' then 0 else 1 end asc,
                case when is_own then 0 else 1 end asc,
                decision_id asc, reason asc
        ) as decision_rank
    from followed
    where opt_in_step is null or opt_in_step <> 'confirmed' or requested_at is null or refused_at is null
        or refused_at < requested_at
)

select
    customer_id,
    channel,
    purpose,
    status,
    reason,
    opt_in_step,
    occurred_at
from ranked
where decision_rank = 1
{% endmacro %}
