{# What `perennial check` judges: a view `checked.<table>` a raw table, of the rows known on the as-of day. Great Expectations
   asks about single columns, so every question of the contract is one column here, by the same typing as staging's:
   <column> (typed), given_<column> (its text, null when blank), unread_<column> (text that is not of the type), broken_rule_<n>,
   verdict (what quarantine would say) and row_key. #}
{% macro register_checked_views() %}
    {% if execute %}
        {% do register_raw_views() %}
        {% do run_query('create schema if not exists checked') %}
        {% for table in raw_tables() %}
            {% do run_query(checked_view_sql(table)) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{% macro checked_view_sql(table) %}
    create or replace view checked.{{ table.name }} as
    select
        {%- for column in table.columns %}
        {%- set given = safe_cast('raw_' ~ column.name, 'varchar') | trim %}
        {{ column.name }},
        {{ given }} as given_{{ column.name }},
        case when {{ column.name }} is null then {{ given }} end as unread_{{ column.name }},
        {%- endfor %}
        {%- for rule in table.get('rules', []) %}
        case when {{ rule.broken_if | trim }} then true end as broken_rule_{{ loop.index }},
        {%- endfor %}
        verdict,
        row_key
    from (
        {{ judged_rows(table.name) }}
    ) as judged
    where not is_after_as_of
{% endmacro %}
