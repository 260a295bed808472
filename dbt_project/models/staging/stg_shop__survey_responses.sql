with current_rows as (
    {{ current_rows('survey_responses') }}
)

select
    response_id,
    customer_id,
    survey,
    comment,
    touchpoint,
    score,
    scale_max,
    responded_at
from current_rows
