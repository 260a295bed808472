{# A raw value in its contract type, or null when it cannot be read as one. Text is trimmed and empty text is null. #}

{% macro safe_cast(expression, data_type) %}{{ return(adapter.dispatch('safe_cast')(expression, data_type)) }}{% endmacro %}

{% macro default__safe_cast(expression, data_type) -%}
    {%- if data_type == 'varchar' -%}
        nullif(trim(cast({{ expression }} as varchar)), '')
    {%- elif data_type == 'boolean' -%}
        case lower(trim(cast({{ expression }} as varchar))) when 'true' then true when 'false' then false end
    {%- elif data_type == 'bigint' -%}
        {#- a fraction is no integer; a plain cast would round it -#}
        case
            when try_cast({{ expression }} as double) = floor(try_cast({{ expression }} as double))
                then try_cast({{ expression }} as bigint)
        end
    {%- elif data_type == 'timestamp' -%}
        {#- through a zoned instant, so that an offset in the text is honoured instead of dropped; sessions are in UTC -#}
        cast(try_cast({{ expression }} as timestamp with time zone) as timestamp)
    {%- else -%}
        try_cast({{ expression }} as {{ data_type }})
    {%- endif -%}
{%- endmacro %}

{# What DuckDB need not do on columns that are clean already: read a true timestamp as a zoned one, trim text without blanks at its ends. #}
{% macro duckdb__safe_cast(expression, data_type) -%}
    {%- if data_type == 'varchar' -%}
        {%- set text = 'cast(' ~ expression ~ ' as varchar)' -%}
        case
            when {{ text }} like ' %' or {{ text }} like '% ' or {{ text }} = '' then nullif(trim({{ text }}), '') else {{ text }}
        end
    {%- elif data_type == 'timestamp' -%}
        case
            when typeof({{ expression }}) = 'TIMESTAMP' then try_cast({{ expression }} as timestamp)
            else {{ default__safe_cast(expression, data_type) }}
        end
    {%- else -%}
        {{ default__safe_cast(expression, data_type) }}
    {%- endif -%}
{%- endmacro %}
