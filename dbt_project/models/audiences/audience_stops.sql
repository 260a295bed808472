{# Every candidate, with the first gate that stops it before anyone is randomised, in the order of the case below. #}

with candidates as (
    select * from {{ ref('audience_candidates') }}
),

settings as (
    select * from {{ ref('audience_settings') }}
),

contact_gates as (
    select * from {{ ref('audience_contact_gates') }}
),

unwritten as (
    select * from {{ ref('audience_unwritten') }}
),

entry_gates as (
    select * from {{ ref('audience_entry_gates') }}
    where stop is not null
),

stopped as (
    select
        candidates.audience,
        candidates.customer_id,
        candidates.capacity_order,
        contact_gates.contact_channel,
        entry_gates.exit_reason,
        case
            when candidates.is_excluded then 'excluded'
            when settings.needs_contact and contact_gates.open_channels = 0 then 'suppressed'
            when settings.needs_contact and contact_gates.allowed_channels = 0 then 'no_consent'
            when settings.needs_contact and contact_gates.contact_channel is null then 'unreachable'
            when settings.needs_contact and unwritten.customer_id is not null then 'unreachable'
            else entry_gates.stop
        end as stop
    from candidates
    inner join settings on candidates.audience = settings.audience
    left join contact_gates
        on
            candidates.audience = contact_gates.audience
            and candidates.customer_id = contact_gates.customer_id
    left join unwritten
        on
            candidates.audience = unwritten.audience
            and candidates.customer_id = unwritten.customer_id
    left join entry_gates
        on
            candidates.audience = entry_gates.audience
            and candidates.customer_id = entry_gates.customer_id
)

select
    audience,
    customer_id,
    capacity_order,
    contact_channel,
    stop,
    case when stop = 'cooling_down' then exit_reason end as exit_reason
from stopped
