{# A ledger: the entries of earlier days as they stand after today, and the entries of today. #}

with earlier as (
    select * from {{ ref('stg_state__memberships') }}
),

verdicts as (
    select * from {{ ref('audience_verdicts') }}
),

dispositions as (
    select * from {{ ref('audience_dispositions') }}
),

traits as (
    select customer_id from {{ ref('customer_traits') }}
),

{# Only these reasons end a membership; a disposition that decides entry alone, such as a cap, is not among them. #}
carried as (
    select
        earlier.*,
        coalesce(verdicts.is_decided, false) and verdicts.experiment is null as is_released,
        case
            when earlier.exited_at is not null then null
            when verdicts.is_ended then 'audience_ended'
            when not coalesce(verdicts.is_decided, false) then null
            when traits.customer_id is null then 'erased'
            when dispositions.disposition is null then 'rule'
            when dispositions.disposition = 'excluded' then 'excluded'
            when dispositions.disposition in ('suppressed', 'unreachable') then 'suppressed'
            when dispositions.disposition = 'no_consent' then 'consent'
        end as exit_reason_today
    from earlier
    left join verdicts on earlier.audience = verdicts.audience
    left join dispositions
        on earlier.audience = dispositions.audience and earlier.customer_id = dispositions.customer_id
    left join traits on earlier.customer_id = traits.customer_id
),

entries as (
    select
        audience,
        customer_id,
        max(entry_seq) as entry_seq,
        count(*) - count(exited_at) as open_entries
    from earlier
    group by audience, customer_id
)

select
    audience,
    customer_id,
    entry_seq,
    entered_at,
    case when exit_reason_today is not null then cast({{ as_of_date() }} as timestamp) else exited_at end as exited_at,
    coalesce(exit_reason_today, exit_reason) as exit_reason,
    arm,
    is_delivered or (exited_at is null and is_released) as is_delivered,
    offer_id,
    offer_until
from carried

union all

select
    dispositions.audience,
    dispositions.customer_id,
    coalesce(entries.entry_seq, 0) + 1 as entry_seq,
    cast({{ as_of_date() }} as timestamp) as entered_at,
    null as exited_at,
    null as exit_reason,
    dispositions.arm,
    dispositions.disposition = 'eligible' as is_delivered,
    cast(null as {{ t_text() }}) as offer_id,
    cast(null as date) as offer_until
from dispositions
inner join verdicts on dispositions.audience = verdicts.audience and verdicts.is_decided
left join entries on dispositions.audience = entries.audience and dispositions.customer_id = entries.customer_id
where dispositions.disposition in ('holdout', 'eligible') and coalesce(entries.open_entries, 0) = 0
