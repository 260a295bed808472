{# A view, and not as of a day: delivery reads it just before sending, and it can only withhold (design law 3).
   Decisions rank as in contact_permissions. #}
{{ config(materialized='view') }}

with purposes as (
    select distinct purpose from {{ ref('audience_settings') }}
),

channels as (
    {% for channel in ['email', 'sms', 'push', 'whatsapp', 'webhook'] %}
    select '{{ channel }}' as channel{{ ' union all' if not loop.last }}
    {% endfor %}
),

erased as (
    select customer_id from {{ ref('stg_shop__erasures_uncut') }}
    union
    select customer_id from {{ ref('stg_state__erasures_uncut') }}
),

decisions as (
    select
        customer_id,
        channel,
        purpose,
        status,
        status as reason,
        occurred_at
    from {{ ref('stg_shop__consents_uncut') }}
    union all
    select
        customer_id,
        channel,
        null as purpose,
        'withdrawn' as status,
        event as reason,
        occurred_at
    from {{ ref('stg_shop__message_events_uncut') }}
    where event in ('unsubscribed', 'complained', 'bounced_hard')
),

{# What a message drew counts for every purpose. #}
ranked as (
    select
        decisions.customer_id,
        decisions.channel,
        purposes.purpose,
        decisions.status,
        decisions.reason,
        row_number() over (
            partition by decisions.customer_id, decisions.channel, purposes.purpose
            order by
                case when decisions.status = 'objected' then 0 else 1 end asc, decisions.occurred_at desc,
                case when decisions.status = 'granted' then 1 else 0 end asc,
                decisions.reason asc
        ) as decision_rank
    from decisions
    inner join purposes on coalesce(decisions.purpose, purposes.purpose) = purposes.purpose
    left join erased on decisions.customer_id = erased.customer_id
    where erased.customer_id is null
)

select
    customer_id,
    channel,
    purpose,
    reason
from ranked
where decision_rank = 1 and status <> 'granted'

union all

select
    erased.customer_id,
    channels.channel,
    purposes.purpose,
    'erased' as reason
from erased
cross join channels
cross join purposes
