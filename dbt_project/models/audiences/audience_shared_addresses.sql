{# Mail or phone number, whichever the candidate would be contacted by; other channels have no address of their own. #}

with contact_gates as (
    select
        audience,
        customer_id,
        case contact_channel when 'email' then 'email' when 'sms' then 'phone' when 'whatsapp' then 'phone' end as kind
    from {{ ref('audience_contact_gates') }}
    where contact_channel is not null
),

traits as (
    select * from {{ ref('customer_traits') }}
),

shared as (
    {{ shared_addresses('traits') }}
)

select
    contact_gates.audience,
    contact_gates.customer_id,
    others.customer_id as sharing_customer_id
from contact_gates
inner join shared as own
    on contact_gates.customer_id = own.customer_id and contact_gates.kind = own.kind
inner join shared as others
    on own.kind = others.kind and own.address = others.address
