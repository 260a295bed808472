{# A whole number from a JSON object of counts, by its key; null when the key is absent. #}
{% macro json_count(json, key) %}{{ return(adapter.dispatch('json_count')(json, key)) }}{% endmacro %}
{% macro default__json_count(json, key) -%} cast(json_extract_string({{ json }}, '$.{{ key }}') as bigint) {%- endmacro %}
{% macro spark__json_count(json, key) -%} cast(get_json_object({{ json }}, '$.{{ key }}') as bigint) {%- endmacro %}
{% macro postgres__json_count(json, key) -%} cast(cast({{ json }} as json) ->> '{{ key }}' as bigint) {%- endmacro %}
