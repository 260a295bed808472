with

shipments as (
    select * from {{ ref('stg_shop__shipments') }}
),

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

dated as (
    select
        shipments.shipment_id,
        shipments.order_id,
        orders.customer_id,
        coalesce(orders.country, '(unknown)') as country,
        coalesce(orders.status = 'cancelled', false) as is_order_cancelled,
        cast(orders.ordered_at as date) as ordered_on,
        cast(shipments.promised_at as date) as promised_on,
        cast(shipments.delivered_at as date) as delivered_on,
        shipments.delivered_at
    from shipments
    left join orders on shipments.order_id = orders.order_id
)

select
    shipment_id,
    order_id,
    customer_id,
    country,
    promised_on,
    delivered_on,
    delivered_at,
    case
        when promised_on is null then 'no_promise'
        when delivered_on <= promised_on then 'on_time'
        when delivered_on > promised_on then 'late'
        when is_order_cancelled then 'cancelled'
        when promised_on <= {{ as_of_date() }} then 'overdue'
        else 'pending'
    end as delivery_status,
    case when delivered_on >= ordered_on then {{ days_between('ordered_on', 'delivered_on') }} end as days_to_deliver
from dated
