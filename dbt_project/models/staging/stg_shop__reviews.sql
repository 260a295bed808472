with current_rows as (
    {{ current_rows('reviews') }}
)

select
    review_id,
    customer_id,
    product_id,
    rating,
    reviewed_at
from current_rows
