with current_rows as (
    {{ current_rows('accounts') }}
)

select
    account_id,
    name,
    industry,
    country,
    employees,
    annual_revenue_amount,
    created_at
from current_rows
