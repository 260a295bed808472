select
    customer_id,
    requested_at,
    as_of_date
from {{ source('state', 'erasures') }}
where requested_at < {{ as_of_end() }}
