{# What the border does to raw rows, the same for every table: type, judge, cut at the as-of day, keep one row a key. #}

{# Every row of a raw table: its columns typed, its raw text as `raw_<column>`, row_key, verdict (`reason:column`, null when
   nothing is wrong) and is_after_as_of. With `only_if`, a condition on the raw row `shop`, only the rows it holds for. #}
{% macro judged_rows(table_name, only_if=none) %}
{%- set relation = source('shop', table_name) -%}
{%- if execute -%}
{%- set table = raw_table(table_name) %}
    select
        typed.*,
        {{ raw_row_key(table) }} as row_key,
        {{ is_after_as_of(table) }} as is_after_as_of,
        case
            {%- for column in table.columns %}
            {{ column_verdicts(column) | trim }}
            {%- endfor %}
            {%- for rule in table.get('rules', []) %}
            when {{ rule.broken_if | trim }} then 'out_of_range:{{ rule.column }}'
            {%- endfor %}
        end as verdict
    from (
        select
            {%- for column in table.columns %}
            {{ safe_cast('shop.' ~ column.name, column.data_type) | trim }} as {{ column.name }},
            {%- endfor %}
            {%- for column in table.columns %}
            shop.{{ column.name }} as raw_{{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }} as shop
        {%- if only_if %}
        where {{ only_if }}
        {%- endif %}
    ) as typed
{%- endif -%}
{% endmacro %}

{% macro column_verdicts(column) %}
{%- set raw_text = "trim(cast(raw_" ~ column.name ~ " as varchar))" %}
            {%- if column.required %}
            when {{ column.name }} is null and (raw_{{ column.name }} is null or {{ raw_text }} = '') then 'missing_required:{{ column.name }}'
            {%- endif %}
            {%- if column.data_type != 'varchar' %}
            when {{ column.name }} is null and raw_{{ column.name }} is not null and {{ raw_text }} <> '' then 'bad_type:{{ column.name }}'
            {%- endif %}
            {%- if column['values'] is sequence %}
            when {{ column.name }} not in ('{{ column['values'] | join("', '") }}') then 'not_in_enum:{{ column.name }}'
            {%- endif %}
            {%- if column.min is defined %}
            when {{ column.name }} < {{ column.min }} then 'out_of_range:{{ column.name }}'
            {%- endif %}
            {%- if column.above is defined %}
            when {{ column.name }} <= {{ column.above }} then 'out_of_range:{{ column.name }}'
            {%- endif %}
            {%- if column.max is defined %}
            when {{ column.name }} > {{ column.max }} then 'out_of_range:{{ column.name }}'
            {%- endif %}
{% endmacro %}

{# The key as one text; a part that may be empty counts as empty text. #}
{% macro raw_row_key(table) -%}
    {%- for column in table.columns if column.key -%}
        {{ "" if loop.first else " || '|' || " }}coalesce(cast({{ column.name }} as varchar), '')
    {%- endfor -%}
{%- endmacro %}

{% macro is_after_as_of(table) -%}
    {%- if table.cut_by -%}
        coalesce(cast({{ table.cut_by }} as timestamp) >= {{ as_of_end() }}, false)
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}

{# A number for the key of a raw row `shop`; two keys may share one, a key never has two. #}
{% macro raw_key_hash(table) -%}
    {%- set parts = [] -%}
    {%- for column in table.columns if column.key -%}
        {%- do parts.append("coalesce(cast(" ~ safe_cast('shop.' ~ column.name, column.data_type) | trim ~ " as varchar), '')") -%}
    {%- endfor -%}
    {{ key_hash(parts | join(" || '|' || ")) }}
{%- endmacro %}

{# The typed rows that are good and known on the as-of day, with version_rank: 1 is the row that stays of a key. Only keys that
   occur twice are ranked, so that the cost is one count over the keys and not a sort of the table; and judged rows are read anew in each
   branch, because an engine would keep the whole table in memory for a part of the query that is used twice. #}
{% macro ranked_rows(table_name, cut=true) %}
{%- set relation = source('shop', table_name) -%}
{%- if execute -%}
{%- set table = raw_table(table_name) %}
{%- set latest_by = table.latest_by or table.cut_by %}
{%- set is_good = 'verdict is null' ~ (' and not is_after_as_of' if cut else '') %}
    with repeated_keys as (
        select {{ raw_key_hash(table) }} as key_hash
        from {{ relation }} as shop
        group by 1
        having count(*) > 1
    )

    select
        judged.*,
        1 as version_rank
    from (
        {{ judged_rows(table_name, raw_key_hash(table) ~ ' not in (select key_hash from repeated_keys)') }}
    ) as judged
    where {{ is_good }}

    union all

    select
        judged.*,
        row_number() over (
            partition by row_key
            order by
                {%- if latest_by %}
                {{ ('case when ' ~ latest_by ~ ' < ' ~ as_of_end() ~ ' then ' ~ latest_by ~ ' end') if cut else latest_by }} desc nulls last,
                {%- endif %}
                {%- for column in table.columns %}
                {{ column.name }} desc nulls last{{ ',' if not loop.last }}
                {%- endfor %}
        ) as version_rank
    from (
        {{ judged_rows(table_name, raw_key_hash(table) ~ ' in (select key_hash from repeated_keys)') }}
    ) as judged
    where {{ is_good }}
{%- endif -%}
{% endmacro %}

{# What a staging model starts from: one typed row a key, as known on the as-of day (or now, with cut=false). #}
{% macro current_rows(table_name, cut=true) -%}
    select * from (
        {{ ranked_rows(table_name, cut) }}
    ) as ranked
    where version_rank = 1
{%- endmacro %}

{# What a quarantine model is: the broken rows and the superseded ones, as raw text, with the reason. #}
{% macro quarantined_rows(table_name) -%}
{%- set relation = source('shop', table_name) -%}
{%- if execute -%}
    select
        row_key,
        split_part(verdict, ':', 1) as reason,
        split_part(verdict, ':', 2) as reason_column,
        {{ raw_texts(table_name) }}
    from (
        {{ judged_rows(table_name) }}
    ) as judged
    where verdict is not null and not is_after_as_of

    union all

    select
        row_key,
        'duplicate_key' as reason,
        cast(null as varchar) as reason_column,
        {{ raw_texts(table_name) }}
    from (
        {{ ranked_rows(table_name) }}
    ) as ranked
    where version_rank > 1
{%- endif -%}
{%- endmacro %}

{# The columns of a judged row as they were read, as text. #}
{% macro raw_texts(table_name) -%}
    {%- for column in (raw_table(table_name).columns if execute else []) %}
        cast(raw_{{ column.name }} as varchar) as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
