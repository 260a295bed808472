with

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

order_sums as (
    select * from {{ ref('int_orders_summed_to_customers') }}
),

first_orders as (
    select * from {{ ref('int_first_orders_categorised') }}
),

erased as (
    select customer_id from {{ ref('stg_shop__erasures') }}
)

select
    customers.customer_id,
    case when erased.customer_id is null then customers.email end as email,
    case when erased.customer_id is null then customers.phone end as phone,
    case when erased.customer_id is null then customers.first_name end as first_name,
    case when erased.customer_id is null then customers.last_name end as last_name,
    case when erased.customer_id is null then customers.birth_date end as birth_date,
    case when erased.customer_id is null then customers.gender end as gender,
    customers.country,
    customers.region,
    case when erased.customer_id is null then customers.city end as city,
    customers.language,
    customers.timezone,
    customers.acquisition_channel,
    customers.account_id,
    first_orders.first_product_category,
    customers.deleted_at is not null as is_deleted,
    erased.customer_id is not null as is_erased,
    customers.created_at,
    order_sums.first_ordered_at,
    order_sums.last_ordered_at
from customers
left join order_sums on customers.customer_id = order_sums.customer_id
left join first_orders on customers.customer_id = first_orders.customer_id
left join erased on customers.customer_id = erased.customer_id
