with

attempts as (
    select
        *,
        case when status = 'accepted' then 1 else 0 end as accepted,
        row_number() over (partition by order_id order by attempted_at, payment_attempt_id) as attempt_number
    from {{ ref('stg_shop__payment_attempts') }}
),

{# An order counts once, by what it was first tried with. #}
orders as (
    select
        order_id,
        max(case when attempt_number = 1 then method end) as method,
        max(case when attempt_number = 1 then country end) as country,
        min(attempted_at) as attempted_at,
        count(*) as attempts,
        max(accepted) as accepted,
        max(case when attempt_number = 1 then accepted end) as accepted_first
    from attempts
    group by 1
),

counted as (
    select
        {{ month_start('attempted_at') }} as period_start,
        method,
        coalesce(country, '(unknown)') as country,
        count(*) as orders_attempted,
        sum(accepted) as orders_accepted,
        sum(accepted_first) as orders_accepted_first,
        sum(attempts) as attempts
    from orders
    group by 1, 2, 3
)

select
    period_start,
    method,
    country,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete,
    cast(orders_attempted as bigint) as orders_attempted,
    cast(orders_accepted as bigint) as orders_accepted,
    cast(orders_accepted_first as bigint) as orders_accepted_first,
    cast(attempts as bigint) as attempts,
    {{ ratio('orders_accepted', 'orders_attempted') }} as acceptance_rate,
    {{ ratio('orders_accepted_first', 'orders_attempted') }} as first_try_rate,
    {{ ratio('attempts', 'orders_attempted') }} as attempts_per_order
from counted
