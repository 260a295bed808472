{# A member may stay only because the audience is held or paused: where people are contacted, nobody is handed on who
   has no allowed channel left. #}

with memberships as (
    select * from {{ ref('audience_memberships') }}
    where exited_at is null and is_delivered
),

settings as (
    select * from {{ ref('audience_settings') }}
),

contact_gates as (
    select * from {{ ref('audience_contact_gates') }}
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
    contact_gates.contact_channel
from memberships
inner join settings on memberships.audience = settings.audience
left join contact_gates
    on
        memberships.audience = contact_gates.audience
        and memberships.customer_id = contact_gates.customer_id
left join send_windows on memberships.audience = send_windows.audience
where contact_gates.contact_channel is not null or not settings.needs_contact
