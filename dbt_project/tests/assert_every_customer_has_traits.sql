{# A row is a customer the trait blocks lost or repeated. #}
with

customers as (
    select customer_id
    from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

traits as (
    select
        customer_id,
        count(*) as row_count
    from {{ ref('customer_traits') }}
    group by customer_id
)

select customers.customer_id
from customers
left join traits on customers.customer_id = traits.customer_id
where traits.customer_id is null or traits.row_count <> 1
