{# The entries of earlier days as they stand after today. Only these reasons end a membership; a disposition that
   decides entry alone, such as a cap, is not among them. An audience without a definition any more has ended. #}

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

judged as (
    select
        earlier.*,
        coalesce(verdicts.is_decided, false)
        and case
            when earlier.arm = 'global_holdout' then not verdicts.meets_global_holdout
            else verdicts.experiment is null
        end as is_released,
        case
            when earlier.exited_at is not null then null
            when coalesce(verdicts.is_ended, true) then 'audience_ended'
            when not coalesce(verdicts.is_decided, false) then null
            when traits.customer_id is null then 'erased'
            when dispositions.disposition is null then 'rule'
            when dispositions.disposition = 'excluded' then 'excluded'
            when dispositions.disposition in ('suppressed', 'unreachable') then 'suppressed'
            when dispositions.disposition = 'no_consent' then 'consent'
            else dispositions.exit_reason
        end as exit_reason_today
    from earlier
    left join verdicts on earlier.audience = verdicts.audience
    left join dispositions
        on earlier.audience = dispositions.audience and earlier.customer_id = dispositions.customer_id
    left join traits on earlier.customer_id = traits.customer_id
)

select
    audience,
    customer_id,
    entry_seq,
    entered_at,
    case when exit_reason_today is not null then cast({{ as_of_date() }} as timestamp) else exited_at end as exited_at,
    coalesce(exit_reason_today, exit_reason) as exit_reason,
    case when exited_at is null and is_released and arm = 'global_holdout' then null else arm end as arm,
    is_delivered or (exited_at is null and is_released) as is_delivered,
    offer_id,
    offer_until
from judged
