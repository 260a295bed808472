select
    audience,
    verdict,
    reason,
    base_size,
    matched,
    dispositions,
    as_of_date
from {{ source('state', 'gate_verdicts') }}
where as_of_date <= {{ as_of_date() }}
