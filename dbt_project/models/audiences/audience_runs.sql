{%- set dispositions = [
    'excluded', 'suppressed', 'no_consent', 'unreachable', 'pending_entry', 'cooling_down', 'global_holdout', 'holdout',
    'lower_priority', 'over_capacity', 'frequency_capped', 'eligible',
] %}
select
    as_of_date,
    audience,
    base_size,
    base_size - matched as not_matched,
    matched,
    {% for disposition in dispositions %}
    coalesce({{ json_count('dispositions', disposition) }}, 0) as {{ disposition }},
    {% endfor %}
    verdict,
    reason
from {{ ref('stg_state__gate_verdicts') }}
