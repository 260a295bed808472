{# The host of a web address in lower case, without port; null when there is none. #}
{% macro url_host(url) -%}
{%- set after_scheme = "split_part(" ~ url ~ ", '://', 2)" -%}
{%- set address = "case when position('://' in " ~ url ~ ") > 0 then " ~ after_scheme ~ " else " ~ url ~ " end" -%}
nullif(split_part(split_part(split_part(lower({{ address }}), '/', 1), '?', 1), ':', 1), '')
{%- endmacro %}

{# The path of a web address up to a ?, # or ;, as what follows may name a person. A path with an @ is hidden. #}
{% macro url_path(url) -%}
{%- set bare = "split_part(split_part(split_part(" ~ url ~ ", '?', 1), '#', 1), ';', 1)" -%}
{%- set address = "split_part(" ~ bare ~ ", '://', 2)" -%}
case
            when position('@' in {{ bare }}) > 0 or position('%40' in {{ bare }}) > 0 then '(hidden)'
            when position('://' in {{ bare }}) = 0 then {{ bare }}
            else '/' || substr({{ address }}, length(split_part({{ address }}, '/', 1)) + 2)
        end
{%- endmacro %}
