with

shipments as (
    select * from {{ ref('int_shipments_judged') }}
    where delivery_status in ('late', 'overdue') and customer_id is not null
),

orders as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
)

{# Whoever got the money back no longer waits. #}
select
    shipments.shipment_id,
    shipments.customer_id,
    shipments.promised_on,
    coalesce(shipments.delivered_at, orders.voided_at) as ended_at
from shipments
inner join orders on shipments.order_id = orders.order_id
where orders.voided_at is null or cast(orders.voided_at as date) > shipments.promised_on
