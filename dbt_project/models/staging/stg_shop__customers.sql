with current_rows as (
    {{ current_rows('customers') }}
)

select
    customer_id,
    account_id,
    email,
    phone,
    first_name,
    last_name,
    gender,
    country,
    region,
    city,
    language,
    timezone,
    acquisition_channel,
    birth_date,
    created_at,
    {{ if_known('updated_at') }} as updated_at,
    {{ if_known('deleted_at') }} as deleted_at
from current_rows
