with

customers as (
    select
        customer_id,
        coalesce(country, '*') as country
    from {{ ref('dim_customers') }}
),

profiles as (
    select * from {{ ref('int_profile_traits_gathered') }}
),

ages as (
    select * from {{ ref('consent_ages') }}
)

select
    profiles.customer_id,
    profiles.age,
    coalesce(by_country.min_age, by_default.min_age) as min_age
from profiles
inner join customers on profiles.customer_id = customers.customer_id
left join ages as by_country on customers.country = by_country.country
left join ages as by_default on by_default.country = '*'
where profiles.age < coalesce(by_country.min_age, by_default.min_age)
