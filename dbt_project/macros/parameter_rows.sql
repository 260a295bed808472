{# One row a parameter of every fit in `fits`, for value.model_parameters; value and error are null where not identified. #}
{% macro parameter_rows(fits, parameters, observations='customers', likelihood_ratio='cast(null as ' ~ t_double() ~ ')') -%}
{%- for parameter in parameters %}
{{ 'union all' if not loop.first }}
select
    model,
    '{{ parameter }}' as parameter,
    case when is_identified then {{ parameter }} end as value,
    case when is_identified then {{ parameter }}_error end as standard_error,
    origin_on as fitted_as_of,
    window_days,
    {{ observations }} as observations,
    log_likelihood,
    {{ likelihood_ratio }} as likelihood_ratio,
    gradient_norm,
    iterations,
    is_identified,
    unidentified_reason
from {{ fits }}
{%- endfor %}
{%- endmacro %}
