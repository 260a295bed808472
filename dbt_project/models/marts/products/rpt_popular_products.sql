with

order_products as (
    select * from {{ ref('int_order_products_listed') }}
    where {{ days_between('ordered_on', as_of_date()) }} <= {{ var('popularity_days') }}
),

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

offered as (
    select * from {{ ref('int_products_offered') }}
),

{# Whoever buys a product every week is one buyer, so that a few people do not make a product popular. #}
buyers as (
    select distinct
        order_products.customer_id,
        order_products.product_id,
        coalesce(customers.country, '(unknown)') as country
    from order_products
    left join customers on order_products.customer_id = customers.customer_id
),

country_buyers as (
    select
        country,
        product_id,
        count(*) as buyers
    from buyers
    group by country, product_id
),

all_buyers as (
    select
        product_id,
        sum(buyers) as buyers
    from country_buyers
    group by product_id
),

ranked as (
    select
        offered.country,
        offered.product_id,
        case when offered.country = 'all' then all_buyers.buyers else coalesce(country_buyers.buyers, 0) end as buyers,
        all_buyers.buyers as buyers_everywhere
    from offered
    inner join all_buyers on offered.product_id = all_buyers.product_id
    left join country_buyers
        on
            offered.country = country_buyers.country
            and offered.product_id = country_buyers.product_id
),

placed as (
    select
        ranked.*,
        row_number() over (
            partition by country order by buyers desc, buyers_everywhere desc, product_id asc
        ) as popularity_place
    from ranked
)

select
    country,
    cast(popularity_place as bigint) as rank,
    product_id,
    cast(buyers as bigint) as buyers,
    cast(buyers_everywhere as bigint) as buyers_everywhere
from placed
where popularity_place <= {{ var('popular_products_per_country') }}
