with

shipments as (
    select * from {{ ref('int_shipments_judged') }}
    where promised_on <= {{ as_of_date() }} and delivery_status <> 'cancelled'
),

counted as (
    select
        {{ month_start('promised_on') }} as period_start,
        country,
        count(*) as promised,
        sum(case when delivery_status = 'on_time' then 1 else 0 end) as on_time,
        sum(case when delivery_status = 'late' then 1 else 0 end) as late,
        sum(case when delivery_status = 'overdue' then 1 else 0 end) as still_open,
        percentile_cont(0.5) within group (order by days_to_deliver) as median_days_to_deliver
    from shipments
    group by 1, 2
)

select
    period_start,
    country,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete,
    cast(promised as bigint) as shipments_promised,
    cast(on_time as bigint) as delivered_on_time,
    cast(late as bigint) as delivered_late,
    cast(still_open as bigint) as still_open,
    {{ ratio('on_time', 'promised') }} as on_time_rate,
    cast(median_days_to_deliver as {{ t_double() }}) as median_days_to_deliver
from counted
