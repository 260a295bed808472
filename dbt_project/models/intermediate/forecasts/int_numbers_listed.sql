with

digits as (
    select 0 as digit
    {%- for digit in range(1, 10) %}
    union all
    select {{ digit }}
    {%- endfor %}
)

select cast(ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as bigint) as number
from digits as ones
cross join digits as tens
cross join digits as hundreds
cross join digits as thousands
