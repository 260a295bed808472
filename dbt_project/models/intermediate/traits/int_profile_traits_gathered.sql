with

customers as (
    select
        *,
        extract(year from {{ as_of_date() }}) - extract(year from birth_date)
        - case
            when
                extract(month from birth_date) * 100 + extract(day from birth_date)
                > extract(month from {{ as_of_date() }}) * 100 + extract(day from {{ as_of_date() }})
                then 1
            else 0
        end as age
    from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

age_bands as (
    select * from {{ ref('age_bands') }}
),

consents as (
    select
        customer_id,
        min(occurred_at) as granted_at
    from {{ ref('int_consents_decided') }}
    where purpose = 'newsletter' and status = 'granted'
    group by customer_id
)

select
    customers.customer_id,
    cast(customers.age as bigint) as age,
    coalesce(age_bands.age_band, 'unknown') as age_band,
    {{ days_between('customers.created_at', as_of_date()) }} as days_since_created,
    {{ days_between('consents.granted_at', as_of_date()) }} as days_since_newsletter_consent
from customers
left join consents on customers.customer_id = consents.customer_id
left join age_bands
    on
        customers.age >= age_bands.age_from
        and (age_bands.age_below is null or customers.age < age_bands.age_below)
