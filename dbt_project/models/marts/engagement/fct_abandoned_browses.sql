with

views as (
    select
        *,
        {{ add_hours('last_viewed_at', var('cart_idle_hours')) }} as abandoned_at,
        {{ add_hours('last_viewed_at', '-' ~ var('cart_idle_hours')) }} as acted_from
    from {{ ref('int_products_viewed') }}
),

actions as (
    select
        customer_id,
        changed_at as acted_at
    from {{ ref('int_carts_gathered') }}
    where customer_id is not null
    union all
    select
        customer_id,
        last_ordered_at as acted_at
    from {{ ref('int_orders_summed_to_customers') }}
),

last_actions as (
    select
        customer_id,
        max(acted_at) as acted_at
    from actions
    group by customer_id
)

select
    views.customer_id,
    views.product_id,
    views.last_view_event_id as browse_key,
    views.last_viewed_at,
    views.abandoned_at,
    views.view_count,
    cast(
        row_number() over (
            partition by views.customer_id order by views.last_viewed_at desc, views.product_id asc
        ) as bigint
    ) as browse_rank
from views
left join last_actions on views.customer_id = last_actions.customer_id
where
    views.abandoned_at < {{ as_of_end() }}
    and (last_actions.acted_at is null or last_actions.acted_at < views.acted_from)
