select
    customer_id,
    product_id,
    last_bought_on,
    replenishment_days,
    basis,
    due_on,
    is_due
from {{ ref('int_repurchases_dated') }}
where due_on is not null
