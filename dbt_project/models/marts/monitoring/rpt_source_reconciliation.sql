with row_counts as (
    select * from {{ ref('stg_shop__row_counts') }}
),

staged as (
    {%- for table_name in raw_table_names() %}
    select '{{ table_name }}' as table_name, count(*) as rows_staged from {{ ref('stg_shop__' ~ table_name) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

quarantined as (
    {%- for table_name in raw_table_names() %}
    select '{{ table_name }}' as table_name, count(*) as rows_quarantined from {{ ref('quarantine__' ~ table_name) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    row_counts.table_name,
    row_counts.rows_read,
    staged.rows_staged,
    quarantined.rows_quarantined,
    row_counts.rows_after_as_of
from row_counts
inner join staged on row_counts.table_name = staged.table_name
inner join quarantined on row_counts.table_name = quarantined.table_name
