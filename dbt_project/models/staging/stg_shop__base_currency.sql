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
    coalesce(
        {{ quoted_or_null(var('base_currency')) }},
        max(case when currency_rank = 1 then currency end)
    ) as base_currency
from ranked
