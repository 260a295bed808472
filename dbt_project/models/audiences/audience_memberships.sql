{# A ledger: the entries of earlier days as they stand after today, and the entries of today. #}

with stays as (
    select * from {{ ref('audience_stays') }}
),

entries as (
    select * from {{ ref('audience_entries') }}
),

offers as (
    select * from {{ ref('audience_offers') }}
)

select
    audience,
    customer_id,
    entry_seq,
    entered_at,
    exited_at,
    exit_reason,
    arm,
    is_delivered,
    offer_id,
    offer_until
from stays

union all

select
    entries.audience,
    entries.customer_id,
    entries.entry_seq,
    cast({{ as_of_date() }} as timestamp) as entered_at,
    null as exited_at,
    null as exit_reason,
    entries.arm,
    entries.is_delivered,
    offers.offer_id,
    offers.offer_until
from entries
left join offers on entries.audience = offers.audience and entries.customer_id = offers.customer_id
