with

loyalty_events as (
    select * from {{ ref('stg_shop__loyalty_events') }}
),

{# Sources write what is taken away with or without a minus; reversals and adjustments keep their sign. #}
signed as (
    select
        loyalty_event_id,
        customer_id,
        order_id,
        kind,
        reason,
        cast(case when kind in ('redeem', 'expire') then -abs(points) else points end as bigint) as points,
        occurred_at
    from loyalty_events
)

select
    loyalty_event_id,
    customer_id,
    order_id,
    kind,
    reason,
    points,
    cast(case when kind = 'earn' or (kind = 'reverse' and points < 0) then points else 0 end as bigint)
        as qualifying_points,
    cast(
        sum(points) over (
            partition by customer_id order by occurred_at, loyalty_event_id
            rows between unbounded preceding and current row
        ) as bigint
    ) as balance_after,
    occurred_at,
    cast(occurred_at as date) as occurred_on
from signed
