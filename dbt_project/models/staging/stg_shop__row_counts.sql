{%- for table_name in raw_table_names() %}
select
    '{{ table_name }}' as table_name,
    count(*) as rows_read,
    count(case when is_after_as_of then 1 end) as rows_after_as_of
from (
    {{ judged_rows(table_name) }}
) as judged
{{ 'union all' if not loop.last }}
{%- endfor %}
