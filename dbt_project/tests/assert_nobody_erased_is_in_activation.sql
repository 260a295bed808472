{# A row is a deleted or erased person whom an audience could still see. #}
with

gone as (
    select customer_id from {{ ref('dim_customers') }}
    where is_deleted or is_erased
),

visible as (
    select customer_id from {{ ref('customer_traits') }}
    union all
    select customer_id from {{ ref('contact_permissions') }}
    union all
    select customer_id from {{ ref('contact_history') }}
    union all
    select customer_id from {{ ref('customer_events') }}
)

select distinct visible.customer_id
from visible
inner join gone on visible.customer_id = gone.customer_id
