with

shipments as (
    select * from {{ ref('stg_shop__shipments') }}
),

orders as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
),

{# Whoever no longer waits, because the order was called off, has no late parcel. #}
awaited as (
    select
        shipments.shipment_id,
        orders.customer_id,
        cast({{ add_days('shipments.promised_at', 1) }} as timestamp) as late_from,
        case
            when orders.voided_at < shipments.delivered_at then orders.voided_at
            else coalesce(shipments.delivered_at, orders.voided_at)
        end as ended_at
    from shipments
    inner join orders on shipments.order_id = orders.order_id
    where shipments.promised_at is not null
)

select
    shipment_id,
    customer_id,
    late_from,
    ended_at
from awaited
where late_from < {{ as_of_end() }} and (ended_at is null or ended_at >= late_from)
