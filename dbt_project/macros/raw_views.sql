{# on-run-start: `raw.<table>` views over whatever files are there, so that every model reads the same contract columns. #}

{% macro register_raw_views() %}
    {% if execute %}
        {% do run_query('create schema if not exists raw') %}
        {% for node in graph.sources.values() | selectattr('source_name', 'equalto', 'state') %}
            {% do register_state_view(node) %}
        {% endfor %}
        {% set has_erasures = state_files('erasures') is not none %}
        {% do run_query(erasures_known_sql()) %}
        {% set unread = [] %}
        {% for table in raw_tables() %}
            {% do register_raw_view(table, unread, has_erasures) %}
        {% endfor %}
        {% do run_query(unread_columns_view(unread)) %}
    {% endif %}
{% endmacro %}

{# An absolute folder: settings that are not absolute start at the repository root, above the dbt project. #}
{% macro data_folder(variable, default) %}
    {% set path = env_var(variable, '') or default %}
    {{ return(path if path.startswith('/') else invocation_args_dict.project_dir ~ '/../' ~ path) }}
{% endmacro %}

{% macro quoted(text) -%} '{{ text | replace("'", "''") }}' {%- endmacro %}

{% macro quoted_or_null(text) -%} {{ 'cast(null as varchar)' if text is none else quoted(text) }} {%- endmacro %}

{% macro column_values(sql) %}
    {{ return(run_query(sql).columns[0].values()) }}
{% endmacro %}

{# The scan over a table's files (`read_parquet(…)` or `read_csv(…)`), or none when there are none. #}
{% macro raw_scan(name) %}
    {% set stem = data_folder('PERENNIAL_RAW_DIR', 'data/raw') ~ '/' ~ name %}
    {% set found = [] %}
    {% if column_values("select file from glob(" ~ quoted(stem ~ '.parquet') ~ ")") %}
        {% do found.append("read_parquet(" ~ quoted(stem ~ '.parquet') ~ ")") %}
    {% endif %}
    {% if column_values("select file from glob(" ~ quoted(stem ~ '.csv') ~ ")") %}
        {% do found.append("read_csv(" ~ quoted(stem ~ '.csv') ~ ", delim = ',', quote = '\"', escape = '\"', comment = '', header = true, all_varchar = true)") %}
    {% endif %}
    {% if column_values("select file from glob(" ~ quoted(stem ~ '/*.parquet') ~ ") limit 1") %}
        {% do found.append("read_parquet(" ~ quoted(stem ~ '/*.parquet') ~ ", union_by_name = true)") %}
    {% endif %}
    {% if found | length > 1 %}
        {% do exceptions.raise_compiler_error(
            "raw table " ~ name ~ " is there more than once: " ~ found | join(' and ')
            ~ ". Keep one of " ~ name ~ ".parquet, " ~ name ~ ".csv and the folder " ~ name ~ "/."
        ) %}
    {% endif %}
    {{ return(found[0] if found else none) }}
{% endmacro %}

{% macro register_raw_view(table, unread, has_erasures) %}
    {% set scan = raw_scan(table.name) %}
    {% if scan is none and table.required %}
        {% do exceptions.raise_compiler_error(
            "raw table " ~ table.name ~ " is missing from " ~ data_folder('PERENNIAL_RAW_DIR', 'data/raw')
            ~ ". Put " ~ table.name ~ ".parquet, " ~ table.name ~ ".csv or a folder " ~ table.name ~ "/ of Parquet files there."
        ) %}
    {% endif %}
    {% set present = {} %}
    {% if scan is not none %}
        {% for row in run_query('describe select * from ' ~ scan) %}
            {% do present.update({row[0] | trim | lower: {'name': row[0], 'type': row[1]}}) %}
        {% endfor %}
    {% endif %}
    {% set known = table.columns | map(attribute='name') | list %}
    {% for column in table.columns %}
        {% if scan is not none and column.required and column.name not in present %}
            {% do exceptions.raise_compiler_error(
                "raw table " ~ table.name ~ " has no column " ~ column.name ~ "; its columns are: "
                ~ present.keys() | join(', ') ~ ". Rename or add the column " ~ column.name ~ "."
            ) %}
        {% endif %}
    {% endfor %}
    {% for name in present if name not in known %}
        {% do unread.append([table.name, name]) %}
    {% endfor %}
    {% set scans = [] %}
    {% if scan is not none %}
        {% do scans.append({'scan': scan, 'present': present}) %}
    {% endif %}
    {% do add_state_scan(table, scans) %}
    {% do run_query(raw_view_sql(table, scans, has_erasures)) %}
{% endmacro %}

{# Rows that were pulled from the tools (the ledger of the table's name in the state folder) are raw rows like any other. #}
{% macro add_state_scan(table, scans) %}
    {% set files = state_files(table.name) if table.get('has_ledger') else none %}
    {% if files is not none %}
        {% set scan = 'read_parquet(' ~ quoted(files) ~ ', union_by_name = true)' %}
        {% set present = {} %}
        {% for row in run_query('describe select * from ' ~ scan) %}
            {% do present.update({row[0]: {'name': row[0], 'type': row[1]}}) %}
        {% endfor %}
        {% do scans.append({'scan': scan, 'present': present}) %}
    {% endif %}
{% endmacro %}

{# Rows that name a person who was forgotten are not read at all: no table, no quarantine, no count has them. #}
{% macro raw_view_sql(table, scans, has_erasures) %}
    create or replace view raw.{{ table.name }} as
    {%- for one in scans or [{'scan': none, 'present': {}}] %}
    select
    {%- for column in table.columns %}
        {{ raw_column(column, one.present.get(column.name)) }} as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
    {{ 'where false' if one.scan is none else 'from ' ~ one.scan }}
    {%- if one.scan is not none and has_erasures %}
    {{- without_forgotten(table, one.scan, one.present) }}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{# Types of the same family stay as they are and are cast later, safely; any other becomes text first. #}
{% macro raw_column(column, found) -%}
    {%- if found is none -%}
        cast(null as {{ column.data_type }})
    {%- else -%}
        {%- set name = '"' ~ found.name | replace('"', '""') ~ '"' -%}
        {%- set family = column.data_type.split('(')[0] -%}
        {%- set numbers = (
            'INTEGER', 'BIGINT', 'SMALLINT', 'TINYINT', 'HUGEINT', 'UINTEGER', 'UBIGINT', 'USMALLINT', 'UTINYINT',
            'DECIMAL', 'DOUBLE', 'FLOAT',
        ) -%}
        {%- set instants = ('TIMESTAMP', 'DATE') -%}
        {%- set natural = {
            'varchar': ('VARCHAR',), 'boolean': ('BOOLEAN',), 'timestamp': instants, 'date': instants,
            'bigint': numbers, 'decimal': numbers, 'double': numbers,
        }[family] -%}
        {%- if found.type.startswith(natural) -%} {{ name }} {%- else -%} cast({{ name }} as varchar) {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# Columns of the raw files that the contract does not know; they are kept out, and named here. #}
{% macro unread_columns_view(unread) %}
    create or replace view raw.unread_columns as
    {% for table_name, column_name in unread %}
    select {{ quoted(table_name) }} as table_name, {{ quoted(column_name) }} as column_name
    {{ 'union all' if not loop.last }}
    {% else %}
    select cast(null as varchar) as table_name, cast(null as varchar) as column_name where false
    {% endfor %}
{% endmacro %}

{% macro register_state_view(node) %}
    {% do run_query('create or replace view raw.' ~ node.identifier ~ ' as ' ~ state_select(node, state_files(node.name))) %}
{% endmacro %}

{# The pattern of a ledger's files, or none when there are none. #}
{% macro state_files(ledger) %}
    {% set files = data_folder('PERENNIAL_STATE_DIR', 'data/state') ~ '/' ~ ledger ~ '/as_of=*/*.parquet' %}
    {% set found = column_values("select file from glob(" ~ quoted(files) ~ ") limit 1") %}
    {{ return(files if found else none) }}
{% endmacro %}

{# Columns that came after a ledger's files were written are null in them. #}
{% macro state_select(node, files) %}
    select
    {%- for column in node.columns.values() %}
        {%- set read = 'null' if files is none else ('as_of' if column.name == 'as_of_date' else column.name) %}
        cast({{ read }} as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
    {%- if files is none %}
    where false
    {%- else %}
    from (
        select * from read_parquet({{ quoted(files) }}, hive_partitioning = true, union_by_name = true)
        union all by name
        select
        {%- for column in node.columns.values() if column.name != 'as_of_date' %}
            cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
        where false
    )
    {%- endif %}
{% endmacro %}
