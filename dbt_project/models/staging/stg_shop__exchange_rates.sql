with current_rows as (
    {{ current_rows('exchange_rates') }}
)

select
    currency,
    rate_to_base,
    rate_date
from current_rows
