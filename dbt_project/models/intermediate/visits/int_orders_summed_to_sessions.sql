with

sessions as (
    select * from {{ ref('int_sessions_spanned') }}
    where customer_id is not null
),

orders as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
    where is_counted
),

{# Sessions and orders of a person on one line: an order can only be in the session begun last. #}
moments as (
    select
        customer_id,
        started_at as happened_at,
        '' as order_id,
        cast(null as decimal(18, 4)) as net_amount,
        session_number,
        ended_at
    from sessions
    union all
    select
        customer_id,
        ordered_at as happened_at,
        order_id,
        net_amount,
        null as session_number,
        null as ended_at
    from orders
),

placed as (
    select
        customer_id,
        order_id,
        happened_at,
        net_amount,
        max(session_number) over (
            partition by customer_id order by happened_at, order_id rows unbounded preceding
        ) as session_number,
        max(ended_at) over (
            partition by customer_id order by happened_at, order_id rows unbounded preceding
        ) as ended_at
    from moments
)

select
    customer_id,
    session_number,
    cast(count(*) as bigint) as order_count,
    cast(sum(net_amount) as decimal(18, 4)) as revenue_amount
from placed
where order_id <> '' and happened_at <= ended_at + interval '{{ var('session_gap_minutes') }}' minute
group by customer_id, session_number
