with current_rows as (
    {{ current_rows('order_items') }}
)

select
    order_id,
    product_id,
    line_number,
    quantity,
    unit_price_amount
from current_rows
