select
    sync,
    run_id,
    audience,
    destination,
    as_of_date,
    customer_id,
    entry_seq,
    operation,
    status,
    reason,
    batch_id,
    attempts,
    attempts > 1 as is_retried,
    finished_at
from {{ ref('stg_state__receipts') }}
