with

steps as (
    select
        *,
        row_number() over (
            partition by visitor_id, cart_number
            order by case when value is null then 1 else 0 end asc, occurred_at desc, event_id desc
        ) as value_rank
    from {{ ref('int_cart_steps_numbered') }}
),

{# What never held anything is no cart: some shops report the cart as empty after each order. #}
gathered as (
    select
        visitor_id,
        max(customer_id) as customer_id,
        max(case when is_first then event_id end) as cart_key,
        min(occurred_at) as started_at,
        max(occurred_at) as changed_at,
        max(case when is_checkout then 1 else 0 end) = 1 as has_reached_checkout,
        max(case when value_rank = 1 then value end) as value_amount,
        min(purchased_at) as purchased_at
    from steps
    group by visitor_id, cart_number
    having max(coalesce(value, 1)) > 0
),

idle as (
    select
        gathered.*,
        {{ add_hours('changed_at', var('cart_idle_hours')) }} as abandoned_at
    from gathered
)

select
    cart_key,
    visitor_id,
    customer_id,
    started_at,
    changed_at,
    has_reached_checkout,
    cast(value_amount as decimal(18, 4)) as value_amount,
    purchased_at,
    abandoned_at,
    case
        when purchased_at < abandoned_at then 'bought'
        when value_amount = 0 then 'emptied'
        when abandoned_at < {{ as_of_end() }} then 'abandoned'
        else 'open'
    end as outcome
from idle
