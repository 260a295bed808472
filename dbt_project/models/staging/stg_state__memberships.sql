with prior_rows as (
    select * from {{ source('state', 'memberships') }}
    where as_of_date < {{ as_of_date() }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by audience, customer_id, entry_seq
            order by as_of_date desc
        ) as version_rank
    from prior_rows
)

select
    audience,
    customer_id,
    entry_seq,
    exit_reason,
    arm,
    is_delivered,
    offer_id,
    offer_until,
    entered_at,
    exited_at
from ranked
where version_rank = 1
