with

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

firsts as (
    select
        {{ month_start('acquired_on') }} as period_start,
        acquisition_channel as channel,
        1 as is_contact,
        0 as is_customer
    from customers
    where acquired_on is not null
    union all
    select
        {{ month_start('converted_on') }} as period_start,
        acquisition_channel as channel,
        0 as is_contact,
        1 as is_customer
    from customers
    where converted_on is not null
)

select
    period_start,
    channel,
    cast(sum(is_contact) as bigint) as new_contacts,
    cast(sum(is_customer) as bigint) as new_customers
from firsts
group by period_start, channel
