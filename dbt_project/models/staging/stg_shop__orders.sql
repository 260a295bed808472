with current_rows as (
    {{ current_rows('orders') }}
),

orders_without_rate as (
    select * from {{ ref('stg_shop__orders_without_rate') }}
),

{# A cancellation or refund after the as-of day is not known yet: the order still stands as completed. #}
known as (
    select
        current_rows.*,
        cancelled_at >= {{ as_of_end() }} as is_cancelled_later,
        refunded_at >= {{ as_of_end() }} as is_refunded_later
    from current_rows
)

select
    known.order_id,
    known.customer_id,
    case
        when known.status = 'cancelled' and known.is_cancelled_later then 'completed'
        when known.status = 'refunded' and known.is_refunded_later then 'completed'
        else known.status
    end as status,
    known.currency,
    known.payment_method,
    known.coupon_code,
    known.channel,
    known.country,
    known.gross_amount,
    known.discount_amount,
    known.tax_amount,
    known.shipping_amount,
    case
        when known.is_refunded_later is null or not known.is_refunded_later then known.refunded_amount
    end as refunded_amount,
    known.ordered_at,
    {{ if_known('known.updated_at') }} as updated_at,
    {{ if_known('known.cancelled_at') }} as cancelled_at,
    {{ if_known('known.refunded_at') }} as refunded_at
from known
left join orders_without_rate on known.order_id = orders_without_rate.order_id
where orders_without_rate.order_id is null
