{# A view, and not as of a day: delivery reads it just before sending, and it can only withhold (design law 3).
   Decisions rank as in contact_permissions; who is a minor, and where a grant must be confirmed, is decided there for the day. #}
{{ config(materialized='view') }}

with purposes as (
    select distinct purpose from {{ ref('audience_settings') }}
),

channels as (
    select channel from {{ ref('contact_channels') }}
),

erased as (
    select * from {{ ref('int_erasures_known_uncut') }}
),

decisions as (
    select * from {{ ref('int_consents_decided_uncut') }}
)

select
    decisions.customer_id,
    decisions.channel,
    decisions.purpose,
    case when decisions.status = 'granted' then 'unconfirmed' else decisions.reason end as reason
from decisions
inner join purposes on decisions.purpose = purposes.purpose
left join erased on decisions.customer_id = erased.customer_id
where
    erased.customer_id is null
    and (decisions.status <> 'granted' or decisions.opt_in_step = 'requested')

union all

select
    erased.customer_id,
    channels.channel,
    purposes.purpose,
    'erased' as reason
from erased
cross join channels
cross join purposes
