-- A row is a day and audience whose dispositions do not account for every customer that matched: someone vanished.
{{ config(tags=['after_gate']) }}
select
    as_of_date,
    audience,
    matched,
    excluded + suppressed + no_consent + unreachable + pending_entry + cooling_down + global_holdout + holdout
    + lower_priority + over_capacity + frequency_capped + eligible as accounted_for
from {{ ref('audience_runs') }}
where
    matched
    <> excluded + suppressed + no_consent + unreachable + pending_entry + cooling_down + global_holdout + holdout
    + lower_priority + over_capacity + frequency_capped + eligible
