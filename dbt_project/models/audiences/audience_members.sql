{# A member who stays only because the audience is held or paused may have no allowed channel left: the audience's first
   channel stands in, so that the blocks of that channel still withhold. #}

with memberships as (
    select * from {{ ref('audience_memberships') }}
    where exited_at is null and is_delivered
),

contact_gates as (
    select * from {{ ref('audience_contact_gates') }}
),

first_channels as (
    select * from {{ ref('audience_channels') }}
    where preference = 1
),

send_windows as (
    select * from {{ ref('audience_send_windows') }}
)

select
    memberships.audience,
    memberships.customer_id,
    memberships.entry_seq,
    memberships.entered_at,
    memberships.arm,
    memberships.offer_id,
    memberships.offer_until,
    send_windows.send_window,
    coalesce(contact_gates.contact_channel, first_channels.channel) as contact_channel
from memberships
left join contact_gates
    on
        memberships.audience = contact_gates.audience
        and memberships.customer_id = contact_gates.customer_id
left join first_channels on memberships.audience = first_channels.audience
left join send_windows on memberships.audience = send_windows.audience
