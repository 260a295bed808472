select
    customer_id,
    product_id,
    max(ordered_at) as last_ordered_at,
    max(ordered_on) as last_bought_on,
    cast(count(*) as bigint) as order_count
from {{ ref('int_order_products_listed') }}
group by customer_id, product_id
