{# When two addresses are one. Every model that looks for people who share an address asks here. #}

{% macro mailbox(email) %}lower(trim({{ email }})){% endmacro %}

{% macro telephone(phone) %}trim({{ phone }}){% endmacro %}

{# One row a customer and kind of address (email or phone) that another of the customers has too. #}
{% macro shared_addresses(customers) %}
with addresses as (
    select
        customer_id,
        'email' as kind,
        {{ mailbox('email') }} as address
    from {{ customers }}
    where email is not null
    union all
    select
        customer_id,
        'phone' as kind,
        {{ telephone('phone') }} as address
    from {{ customers }}
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
{% endmacro %}
