select
    duration_kind,
    segment_kind,
    segment_value,
    day_number,
    at_risk,
    exits,
    censored,
    survival,
    survival_error,
    survival_low,
    survival_high
from {{ ref('int_survivals_estimated') }}
where duration_kind in ('to_churn', 'to_second_order')
