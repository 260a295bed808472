{# The address is the mail, or the phone number of people without one. #}
with

own_assignments as (
    select * from {{ ref('stg_state__assignments') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

addressed as (
    select
        own_assignments.experiment || ':' || cast(own_assignments.phase as {{ t_text() }}) as campaign_id,
        own_assignments.customer_id,
        own_assignments.arm,
        coalesce(lower(trim(customers.email)), trim(customers.phone)) as address
    from own_assignments
    inner join customers on own_assignments.customer_id = customers.customer_id
),

conflicts as (
    select
        campaign_id,
        address
    from addressed
    where address is not null
    group by campaign_id, address
    having min(arm) <> max(arm)
)

select
    addressed.campaign_id,
    addressed.customer_id
from addressed
inner join conflicts
    on
        addressed.campaign_id = conflicts.campaign_id
        and addressed.address = conflicts.address
