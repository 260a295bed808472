with

orders as (
    select * from {{ ref('fct_orders') }}
    where is_counted
),

choices as (
    select
        customer_id,
        'payment_method' as choice,
        payment_method as chosen,
        ordered_at
    from orders
    where payment_method is not null
    union all
    select
        customer_id,
        'channel' as choice,
        channel as chosen,
        ordered_at
    from orders
    where channel is not null
),

counted as (
    select
        customer_id,
        choice,
        chosen,
        count(*) as order_count,
        max(ordered_at) as last_ordered_at
    from choices
    group by customer_id, choice, chosen
)

select
    customer_id,
    choice,
    chosen,
    cast(order_count as bigint) as order_count,
    cast(
        row_number() over (
            partition by customer_id, choice order by order_count desc, last_ordered_at desc, chosen asc
        ) as bigint
    ) as choice_rank
from counted
