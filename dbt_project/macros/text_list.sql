{# A var that lists names, as the right side of `in`; an empty list matches no name. #}
{% macro text_list(names) -%}
({%- for name in names or [''] %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor -%})
{%- endmacro %}
