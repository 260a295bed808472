with

durations as (
    select * from {{ ref('int_durations_measured') }}
),

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

counted as (
    select
        durations.duration_kind,
        durations.lifecycle_stage,
        durations.day_number,
        customers.country,
        customers.acquisition_channel,
        customers.first_product_category,
        sum(durations.exits) as exits,
        count(*) as durations
    from durations
    inner join customers on durations.customer_id = customers.customer_id
    group by 1, 2, 3, 4, 5, 6
)

select
    counted.duration_kind,
    counted.lifecycle_stage,
    segment_kinds.segment_kind,
    {{ segment_value('segment_kinds.segment_kind', 'counted') }} as segment_value,
    counted.day_number,
    cast(sum(counted.exits) as bigint) as exits,
    cast(sum(counted.durations - counted.exits) as bigint) as censored
from counted
cross join segment_kinds
group by 1, 2, 3, 4, 5
