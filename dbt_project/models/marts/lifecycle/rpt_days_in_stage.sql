select
    lifecycle_stage,
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
where duration_kind = 'in_stage'
