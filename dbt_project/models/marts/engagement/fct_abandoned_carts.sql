with

carts as (
    select * from {{ ref('int_carts_gathered') }}
    where outcome = 'abandoned' and customer_id is not null
)

select
    customer_id,
    cart_key,
    case when has_reached_checkout then 'checkout' else 'cart' end as stage_reached,
    value_amount,
    started_at,
    changed_at,
    abandoned_at,
    case
        when {{ days_between('abandoned_at', 'purchased_at') }} <= {{ var('cart_recovery_days') }} then purchased_at
    end as recovered_at
from carts
