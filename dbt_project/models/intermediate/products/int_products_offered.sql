with

products as (
    select
        product_id,
        '|' || upper(replace(available_countries, ' ', '')) || '|' as countries
    from {{ ref('stg_shop__products') }}
    where is_active is null or is_active
),

{# A product that is not sold everywhere is not offered to someone whose country is not known. #}
countries as (
    select country from {{ ref('stg_shop__customers') }}
    where country is not null
    union
    select '(unknown)' as country
    union
    select 'all' as country
)

select
    countries.country,
    products.product_id
from countries
cross join products
where
    countries.country = 'all'
    or coalesce(products.countries, '||') = '||'
    or products.countries like '%|' || upper(countries.country) || '|%'
