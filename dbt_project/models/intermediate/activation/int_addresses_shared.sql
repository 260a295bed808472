{# Who else is reached when a person is: a mailbox or a telephone that several customers have. #}

with customers as (
    select * from {{ ref('dim_customers') }}
    where not is_erased
),

shared as (
    {{ shared_addresses('customers') }}
)

select * from shared
