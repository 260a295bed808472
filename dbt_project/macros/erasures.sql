{# People who were forgotten (`perennial forget`). The state folder knows them by a keyed hash alone, see state.erasures. #}

{# Those of `people` (a relation with customer_id) who were forgotten. The hash is made once a person and key, and looked up. #}
{% macro forgotten_people(people, erasures, selected='customer_id') %}
select people.{{ selected }}
from {{ people }} as people
cross join (select distinct hash_key from {{ erasures }}) as hash_keys
inner join {{ erasures }} as erasures
    on
        hash_keys.hash_key = erasures.hash_key
        and {{ keyed_hash('hash_keys.hash_key', 'people.customer_id') }} = erasures.customer_hash
{% endmacro %}

{# The condition of a raw view that leaves out every row which names a forgotten person, in whatever column. Rows are compared
   as they are given; only the distinct ids are made text, and hashed. #}
{% macro without_forgotten(table, scan, present) %}
    {%- for column in table.columns if column.name.endswith('customer_id') and column.name in present %}
    {%- set given = '"' ~ present[column.name].name | replace('"', '""') ~ '"' %}
    {{ 'where' if loop.first else 'and' }} ({{ given }} is null or {{ given }} not in (
        {{ forgotten_people(
            '(select distinct ' ~ given ~ ' as given, trim(cast(' ~ given ~ ' as varchar)) as customer_id from ' ~ scan
            ~ ' where ' ~ given ~ ' is not null)',
            'raw.state_erasures',
            'given',
        ) }}
    ))
    {%- endfor %}
{% endmacro %}

{# What a warehouse file knew when it was made: a run after a newer erasure begins with a new file, for an old one keeps the bytes
   of rows that are gone. #}
{% macro erasures_known_sql() %}
    create table if not exists raw.erasures_known as select hash_key, customer_hash from raw.state_erasures
{% endmacro %}
