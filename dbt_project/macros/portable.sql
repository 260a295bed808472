{# What engines spell differently, one dispatched macro each. Measured equal on every supported engine. #}

{% macro t_double() %}{{ return(adapter.dispatch('t_double')()) }}{% endmacro %}
{% macro default__t_double() %}double{% endmacro %}
{% macro postgres__t_double() %}double precision{% endmacro %}

{# Text of any length. #}
{% macro t_text() %}{{ return(dbt.type_string()) }}{% endmacro %}

{# A ratio of two numbers as a double; null when the denominator is 0 or null. #}
{% macro ratio(numerator, denominator) -%}
cast({{ numerator }} as {{ t_double() }}) / nullif(cast({{ denominator }} as {{ t_double() }}), 0)
{%- endmacro %}

{% macro month_start(day) -%} cast(date_trunc('month', {{ day }}) as date) {%- endmacro %}

{# Weeks start on Monday. #}
{% macro week_start(day) -%} cast(date_trunc('week', {{ day }}) as date) {%- endmacro %}

{# `months`, `days`, `minutes` may be numbers written in the SQL; for a column use add_days, which takes any integer. #}
{% macro add_months(day, months) -%} cast({{ day }} + interval '{{ months }}' month as date) {%- endmacro %}

{% macro add_days(day, days) %}{{ return(adapter.dispatch('add_days')(day, days)) }}{% endmacro %}
{% macro default__add_days(day, days) -%} cast(cast({{ day }} as date) + cast({{ days }} as integer) as date) {%- endmacro %}
{% macro spark__add_days(day, days) -%} date_add(cast({{ day }} as date), cast({{ days }} as int)) {%- endmacro %}

{# Whole days from the first date to the second. #}
{% macro days_between(first_day, second_day) %}{{ return(adapter.dispatch('days_between')(first_day, second_day)) }}{% endmacro %}
{% macro default__days_between(first_day, second_day) -%}
cast(cast({{ second_day }} as date) - cast({{ first_day }} as date) as bigint)
{%- endmacro %}
{% macro spark__days_between(first_day, second_day) -%}
cast(datediff(cast({{ second_day }} as date), cast({{ first_day }} as date)) as bigint)
{%- endmacro %}

{# Whole calendar months from the month of the first date to the month of the second. #}
{% macro months_between(first_day, second_day) -%}
cast(
    (extract(year from {{ second_day }}) - extract(year from {{ first_day }})) * 12
    + extract(month from {{ second_day }}) - extract(month from {{ first_day }}) as bigint
)
{%- endmacro %}

{# A stable slot 0 to 9999 for an id: first eight hex digits of md5(salt || ':' || id) as an unsigned number, modulo 10,000. #}
{% macro hash_slot(salt, id) %}{{ return(adapter.dispatch('hash_slot')(salt, id)) }}{% endmacro %}
{% macro default__hash_slot(salt, id) -%}
cast('0x' || substr(md5({{ salt }} || ':' || {{ id }}), 1, 8) as bigint) % 10000
{%- endmacro %}
{% macro spark__hash_slot(salt, id) -%}
cast(conv(substring(md5({{ salt }} || ':' || {{ id }}), 1, 8), 16, 10) as bigint) % 10000
{%- endmacro %}
{% macro postgres__hash_slot(salt, id) -%}
cast(cast('x' || substr(md5({{ salt }} || ':' || {{ id }}), 1, 8) as bit(32)) as bigint) % 10000
{%- endmacro %}

{# SHA-256 of a key, a colon and an id, as hex digits: it tells the id to nobody without the key. #}
{% macro keyed_hash(hash_key, id) %}{{ return(adapter.dispatch('keyed_hash')(hash_key, id)) }}{% endmacro %}
{% macro default__keyed_hash(hash_key, id) -%} sha256({{ hash_key }} || ':' || {{ id }}) {%- endmacro %}
{% macro spark__keyed_hash(hash_key, id) -%} sha2(concat({{ hash_key }}, ':', {{ id }}), 256) {%- endmacro %}
{% macro postgres__keyed_hash(hash_key, id) -%}
encode(sha256(convert_to({{ hash_key }} || ':' || {{ id }}, 'UTF8')), 'hex')
{%- endmacro %}

{# `hours` is a number written in the SQL. #}
{% macro add_hours(instant, hours) -%} ({{ instant }} + interval '{{ hours }}' hour) {%- endmacro %}

{# Microseconds from the first instant to the second. #}
{% macro micros_between(first_at, second_at) %}{{ return(adapter.dispatch('micros_between')(first_at, second_at)) }}{% endmacro %}
{% macro default__micros_between(first_at, second_at) -%} (epoch_us({{ second_at }}) - epoch_us({{ first_at }})) {%- endmacro %}
{% macro spark__micros_between(first_at, second_at) -%}
(unix_micros({{ second_at }}) - unix_micros({{ first_at }}))
{%- endmacro %}
{% macro postgres__micros_between(first_at, second_at) -%}
cast(extract(epoch from ({{ second_at }} - {{ first_at }})) * 1000000 as bigint)
{%- endmacro %}

{# A number that equal texts share, to find repeated ones cheaply; where an engine has no such function, the text itself. #}
{% macro key_hash(text) %}{{ return(adapter.dispatch('key_hash')(text)) }}{% endmacro %}
{% macro default__key_hash(text) -%} {{ text }} {%- endmacro %}
{% macro duckdb__key_hash(text) -%} hash({{ text }}) {%- endmacro %}
{% macro spark__key_hash(text) -%} xxhash64({{ text }}) {%- endmacro %}

{# A sum of doubles that is the same in whatever order the rows come, to so many digits after the point; 38 digits in all. #}
{% macro exact_sum(value, scale=20) -%}
cast(sum(cast({{ value }} as decimal(38, {{ scale }}))) as {{ t_double() }})
{%- endmacro %}

{# What follows the name of a CTE that is to be computed once, where an engine lets itself be told so. #}
{% macro as_computed_once() %}{{ return(adapter.dispatch('as_computed_once')()) }}{% endmacro %}
{% macro default__as_computed_once() %}as{% endmacro %}
{% macro duckdb__as_computed_once() %}as materialized{% endmacro %}
{% macro postgres__as_computed_once() %}as materialized{% endmacro %}

{# The clock on the wall of a time zone at a UTC instant. Both are timestamps without a zone. #}
{% macro to_local(instant, zone) %}{{ return(adapter.dispatch('to_local')(instant, zone)) }}{% endmacro %}
{% macro default__to_local(instant, zone) -%}
(({{ instant }}) at time zone 'UTC' at time zone {{ zone }})
{%- endmacro %}
{% macro spark__to_local(instant, zone) -%} from_utc_timestamp({{ instant }}, {{ zone }}) {%- endmacro %}

{# The UTC instant at which that clock shows a local time: of an hour that comes twice the first, of one that is left out the
   instant it would have been by the time before. Engines differ in both, so only to_local is asked of them. #}
{% macro to_utc(local, zone) -%}
{%- set before = utc_by_clock_of(local, zone, local ~ " - interval '1' day") -%}
{%- set after = utc_by_clock_of(local, zone, local ~ " + interval '1' day") -%}
case
    when {{ to_local(before, zone) }} <> {{ local }} and {{ to_local(after, zone) }} = {{ local }} then {{ after }}
    else {{ before }}
end
{%- endmacro %}

{# The same, taking the zone to be as far from UTC as it is at another instant. #}
{% macro utc_by_clock_of(local, zone, instant) -%}
({{ local }} - ({{ to_local(instant, zone) }} - ({{ instant }})))
{%- endmacro %}

{# All columns of a model but some. Where an engine cannot say so, those of the model's contract are listed. #}
{% macro columns_but(model_name, columns) %}{{ return(adapter.dispatch('columns_but')(model_name, columns)) }}{% endmacro %}
{% macro duckdb__columns_but(model_name, columns) -%} {{ model_name }}.* exclude ({{ columns | join(', ') }}) {%- endmacro %}
{% macro spark__columns_but(model_name, columns) -%} {{ model_name }}.* except ({{ columns | join(', ') }}) {%- endmacro %}
{% macro default__columns_but(model_name, columns) -%}
{%- if not execute -%} {{ model_name }}.*
{%- else -%}
{%- set node = graph.nodes.values() | selectattr('name', 'equalto', model_name) | first -%}
{%- for column in node.columns if column not in columns -%} {{ model_name }}.{{ column }}{{ ', ' if not loop.last }} {%- endfor -%}
{%- endif -%}
{%- endmacro %}

{# Whether tables are written with bitpacking tried on every column. #}
{% macro bitpacking(allowed) %}{{ return(adapter.dispatch('bitpacking')(allowed)) }}{% endmacro %}
{% macro default__bitpacking(allowed) %}{% endmacro %}
{% macro duckdb__bitpacking(allowed) -%} set disabled_compression_methods = '{{ "" if allowed else "bitpacking" }}' {%- endmacro %}
