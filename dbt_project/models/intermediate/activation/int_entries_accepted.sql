with receipts as (
    select * from {{ ref('stg_state__receipts') }}
    where operation = 'upsert' and status = 'accepted'
),

{# Messages of steps that share an experiment are reported under the first of them, as in int_campaigns_listed. #}
audiences as (
    select
        audience,
        needs_contact,
        case
            when experiment is null then audience
            else first_value(audience) over (partition by experiment order by step asc nulls first, audience asc)
        end as reported_as
    from {{ ref('audience_settings') }}
),

{# The first acceptance of an entry; what follows for it are updates. #}
first_receipts as (
    select
        customer_id,
        audience,
        entry_seq,
        min(as_of_date) as as_of_date
    from receipts
    group by customer_id, audience, entry_seq
)

{# Day D's audience goes out the morning after. #}
select
    first_receipts.customer_id,
    first_receipts.audience,
    first_receipts.entry_seq,
    coalesce(audiences.reported_as, first_receipts.audience) as reported_as,
    cast({{ add_days('first_receipts.as_of_date', 1) }} as timestamp) as contacted_at
from first_receipts
left join audiences on first_receipts.audience = audiences.audience
where coalesce(audiences.needs_contact, true)
