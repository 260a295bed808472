with current_rows as (
    {{ current_rows('orders') }}
),

counted as (
    select
        currency,
        count(*) as orders
    from current_rows
    where currency is not null
    group by currency
),

ranked as (
    select
        currency,
        row_number() over (order by orders desc, currency asc) as currency_rank
    from counted
)

select
    {%- if var('base_currency') %}
    '{{ var("base_currency") }}' as base_currency
    {%- else %}
    max(case when currency_rank = 1 then currency end) as base_currency
    {%- endif %}
from ranked
