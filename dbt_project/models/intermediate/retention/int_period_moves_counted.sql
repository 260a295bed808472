with

customer_periods as (
    select * from {{ ref('int_customer_periods_counted') }}
),

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

compared as (
    select
        customer_periods.*,
        period_position - lag(period_position) over history as periods_since,
        lead(period_position) over history - period_position as periods_until
    from customer_periods
    window history as (partition by customer_id, period_kind order by period_position)
),

counted as (
    select
        compared.period_kind,
        compared.period_position,
        customers.country,
        customers.acquisition_channel,
        customers.first_product_category,
        count(*) as active_customers,
        sum(case when compared.periods_since is null then 1 else 0 end) as new_customers,
        sum(case when compared.periods_since = 1 then 1 else 0 end) as retained_customers,
        sum(case when compared.periods_since > 1 then 1 else 0 end) as resurrected_customers,
        sum(case when compared.periods_until = 1 then 0 else 1 end) as leaving_customers
    from compared
    inner join customers on compared.customer_id = customers.customer_id
    group by 1, 2, 3, 4, 5
)

select
    counted.period_kind,
    counted.period_position,
    segment_kinds.segment_kind,
    {{ segment_value('segment_kinds.segment_kind', 'counted') }} as segment_value,
    cast(sum(counted.active_customers) as bigint) as active_customers,
    cast(sum(counted.new_customers) as bigint) as new_customers,
    cast(sum(counted.retained_customers) as bigint) as retained_customers,
    cast(sum(counted.resurrected_customers) as bigint) as resurrected_customers,
    cast(sum(counted.leaving_customers) as bigint) as leaving_customers
from counted
cross join segment_kinds
group by 1, 2, 3, 4
