with

shipments as (
    select
        *,
        {{ days_between('promised_on', as_of_date()) }} as days_since_promise
    from {{ ref('int_shipments_judged') }}
    where customer_id is not null
)

select
    customer_id,
    max(delivered_at) as last_delivered_at,
    cast(
        sum(case when delivery_status in ('late', 'overdue') and days_since_promise between 0 and 90 then 1 else 0 end)
        as bigint
    ) as late_delivery_count_90d,
    max(case when delivery_status = 'overdue' then 1 else 0 end) = 1 as has_overdue_delivery
from shipments
group by customer_id
