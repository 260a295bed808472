{# Who else is reached when a person is: a mailbox or a telephone that several customers have. #}

with customers as (
    select * from {{ ref('dim_customers') }}
    where not is_erased
),

addresses as (
    select
        customer_id,
        'email' as kind,
        lower(trim(email)) as address
    from customers
    where email is not null
    union all
    select
        customer_id,
        'phone' as kind,
        trim(phone) as address
    from customers
    where phone is not null
),

repeated as (
    select
        kind,
        address
    from addresses
    group by kind, address
    having count(*) > 1
)

select addresses.*
from addresses
inner join repeated on addresses.kind = repeated.kind and addresses.address = repeated.address
