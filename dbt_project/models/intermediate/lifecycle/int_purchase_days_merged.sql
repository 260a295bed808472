with

orders as (
    select
        customer_id,
        ordered_on as purchased_on,
        cast(voided_at as date) as voided_on,
        net_amount
    from {{ ref('int_orders_netted_of_refunds') }}
),

merged as (
    select
        customer_id,
        purchased_on,
        case when count(voided_on) = count(*) then max(voided_on) end as voided_on,
        coalesce(sum(net_amount) filter (where voided_on is null), sum(net_amount)) as net_amount
    from orders
    where voided_on is null or voided_on > purchased_on
    group by customer_id, purchased_on
)

select
    customer_id,
    purchased_on,
    voided_on,
    cast(row_number() over (partition by customer_id order by purchased_on) as bigint) as purchase_number,
    cast(net_amount as decimal(18, 4)) as net_amount
from merged
