with

tenures as (
    select * from {{ ref('int_tenure_revenues_spanned') }}
    where left_on is not null
),

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

left_in as (
    select
        tenures.*,
        'month' as period_kind,
        {{ month_start('left_on') }} as period_start
    from tenures
    union all
    select
        tenures.*,
        'week' as period_kind,
        {{ week_start('left_on') }} as period_start
    from tenures
),

{# Who came within the period was not there at its start, and money is counted as it was then. #}
there_at_start as (
    select
        left_in.period_kind,
        left_in.period_start,
        left_in.standing,
        left_in.left_for,
        customers.country,
        customers.acquisition_channel,
        customers.first_product_category,
        sum(left_in.customers) as customers,
        sum(left_in.revenue_amount) as revenue_amount
    from left_in
    inner join customers on left_in.customer_id = customers.customer_id
    where left_in.starts_on < left_in.period_start and left_in.ends_on >= left_in.period_start
    group by 1, 2, 3, 4, 5, 6, 7
)

select
    there_at_start.period_kind,
    there_at_start.period_start,
    there_at_start.standing,
    there_at_start.left_for,
    segment_kinds.segment_kind,
    {{ segment_value('segment_kinds.segment_kind', 'there_at_start') }} as segment_value,
    cast(sum(there_at_start.customers) as bigint) as customers,
    cast(sum(there_at_start.revenue_amount) as decimal(18, 4)) as revenue_amount
from there_at_start
cross join segment_kinds
group by 1, 2, 3, 4, 5, 6
