with

stages as (
    select * from {{ ref('fct_lifecycle_stages') }}
),

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

{# A stay that lasts was seen for the days up to the as-of day, and is longer than that. #}
measured as (
    select
        customer_id,
        lifecycle_stage,
        {{ days_between('entered_at', 'coalesce(exited_at, ' ~ as_of_date() ~ ')') }} as day_number,
        case when exited_at is null then 0 else 1 end as exits
    from stages
),

counted as (
    select
        measured.lifecycle_stage,
        measured.day_number,
        customers.country,
        customers.acquisition_channel,
        customers.first_product_category,
        sum(measured.exits) as exits,
        count(*) as stays
    from measured
    inner join customers on measured.customer_id = customers.customer_id
    group by 1, 2, 3, 4, 5
)

select
    counted.lifecycle_stage,
    segment_kinds.segment_kind,
    {{ segment_value('segment_kinds.segment_kind', 'counted') }} as segment_value,
    counted.day_number,
    cast(sum(counted.exits) as bigint) as exits,
    cast(sum(counted.stays - counted.exits) as bigint) as censored
from counted
cross join segment_kinds
group by 1, 2, 3, 4
