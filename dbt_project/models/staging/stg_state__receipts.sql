select
    sync,
    audience,
    destination,
    run_id,
    batch_id,
    customer_id,
    entry_seq,
    operation,
    status,
    reason,
    attempts,
    finished_at,
    as_of_date
from {{ source('state', 'receipts') }}
where as_of_date < {{ as_of_date() }}
