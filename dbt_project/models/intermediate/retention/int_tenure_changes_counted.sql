with

tenures as (
    select * from {{ ref('int_tenure_revenues_spanned') }}
),

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

changes as (
    select
        customer_id,
        standing,
        starts_on as changed_on,
        customers,
        revenue_amount
    from tenures
    union all
    select
        customer_id,
        standing,
        ends_on as changed_on,
        -customers as customers,
        -revenue_amount as revenue_amount
    from tenures
    where ends_on is not null
),

daily as (
    select
        changes.changed_on,
        changes.standing,
        customers.country,
        customers.acquisition_channel,
        customers.first_product_category,
        sum(changes.customers) as customers,
        sum(changes.revenue_amount) as revenue_amount
    from changes
    inner join customers on changes.customer_id = customers.customer_id
    group by 1, 2, 3, 4, 5
)

select
    daily.changed_on,
    daily.standing,
    segment_kinds.segment_kind,
    {{ segment_value('segment_kinds.segment_kind', 'daily') }} as segment_value,
    cast(sum(daily.customers) as bigint) as customers,
    cast(sum(daily.revenue_amount) as decimal(18, 4)) as revenue_amount
from daily
cross join segment_kinds
group by 1, 2, 3, 4
