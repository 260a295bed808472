with

owned as (
    select * from {{ ref('int_products_owned') }}
),

gaps as (
    select * from {{ ref('int_repurchase_gaps_measured') }}
),

products as (
    select * from {{ ref('stg_shop__products') }}
),

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

offered as (
    select * from {{ ref('int_products_offered') }}
),

rhythms as (
    select
        owned.*,
        coalesce(products.replenishment_days, gaps.median_gap_days) as replenishment_days,
        case
            when products.replenishment_days is not null then 'product'
            when gaps.median_gap_days is not null then 'own_rhythm'
        end as basis,
        coalesce(customers.country, '(unknown)') as country
    from owned
    left join products on owned.product_id = products.product_id
    left join customers on owned.customer_id = customers.customer_id
    left join gaps
        on
            owned.customer_id = gaps.customer_id
            and owned.product_id = gaps.product_id
),

dated as (
    select
        rhythms.*,
        {{ add_days('last_bought_on', 'replenishment_days') }} as due_on
    from rhythms
)

select
    dated.customer_id,
    dated.product_id,
    dated.last_ordered_at,
    dated.last_bought_on,
    dated.order_count,
    dated.replenishment_days,
    dated.basis,
    dated.due_on,
    coalesce(dated.due_on <= {{ as_of_date() }} and offered.product_id is not null, false) as is_due
from dated
left join offered
    on
        dated.country = offered.country
        and dated.product_id = offered.product_id
