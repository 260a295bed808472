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
