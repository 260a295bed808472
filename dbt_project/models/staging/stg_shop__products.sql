with current_rows as (
    {{ current_rows('products') }}
)

select
    product_id,
    name,
    category,
    brand,
    currency,
    available_countries,
    languages,
    price_amount,
    cost_amount,
    replenishment_days,
    is_active
from current_rows
