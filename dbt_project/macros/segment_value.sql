{# The value of a customer's row for the segment kind of a report's row. #}
{% macro segment_value(kind, customer) -%}
case {{ kind }}
            when 'country' then {{ customer }}.country
            when 'acquisition_channel' then {{ customer }}.acquisition_channel
            when 'first_product_category' then {{ customer }}.first_product_category
            else 'all'
        end
{%- endmacro %}
