with

compared as (
    {%- for measure in ['orders', 'value'] %}
    {%- set is_last_measure = loop.last %}
    {%- for method in ['forecast', 'same_as_last_window', 'rate_times_horizon'] %}
    select
        '{{ measure }}' as measure,
        '{{ method }}' as method,
        {{ method }}_{{ measure }} as forecast,
        actual_{{ measure }} as actual
    from {{ ref('int_forecasts_compared') }}
    {%- if not (is_last_measure and loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
)

select
    measure,
    method,
    count(*) as customers,
    {{ exact_sum('forecast', 15) }} as forecast_total,
    {{ exact_sum('actual', 15) }} as actual_total,
    {{ exact_sum('forecast * forecast', 15) }} as forecast_squares,
    {{ exact_sum('actual * actual', 15) }} as actual_squares,
    {{ exact_sum('forecast * actual', 15) }} as products,
    {{ exact_sum('abs(forecast - actual)', 15) }} as absolute_errors,
    {{ exact_sum('(forecast - actual) * (forecast - actual)', 15) }} as squared_errors
from compared
group by measure, method
