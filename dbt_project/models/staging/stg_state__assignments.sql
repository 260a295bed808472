select
    experiment,
    phase,
    customer_id,
    arm,
    slot,
    is_delivered,
    assigned_at,
    as_of_date
from {{ source('state', 'assignments') }}
where as_of_date < {{ as_of_date() }}
