{# "Today" is the run's as-of day, never the clock: PERENNIAL_AS_OF, else yesterday UTC. #}

{% macro as_of_text() -%}
    {%- if not execute -%} 1970-01-01
    {%- else -%} {{ env_var('PERENNIAL_AS_OF', '') or (run_started_at - modules.datetime.timedelta(days=1)).strftime('%Y-%m-%d') }}
    {%- endif -%}
{%- endmacro %}

{% macro as_of_date() -%} cast('{{ as_of_text() | trim }}' as date) {%- endmacro %}

{# The first instant a run may not see: midnight UTC after the as-of day. #}
{% macro as_of_end() -%} cast({{ add_days(as_of_date(), 1) }} as timestamp) {%- endmacro %}

{# The value if its instant is known on the as-of day, else null. #}
{% macro if_known(instant, value=none) -%}
case when {{ instant }} < {{ as_of_end() }} then {{ value if value is not none else instant }} end
{%- endmacro %}
