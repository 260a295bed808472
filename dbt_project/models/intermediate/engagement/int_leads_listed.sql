with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

segmented as (
    select * from {{ ref('int_customers_segmented') }}
    where converted_on is null
),

accounts as (
    select * from {{ ref('dim_accounts') }}
)

select
    customers.customer_id,
    customers.country,
    customers.language,
    customers.acquisition_channel,
    accounts.industry as account_industry,
    nullif(accounts.employees_band, '(unknown)') as account_employees_band,
    nullif(accounts.revenue_band, '(unknown)') as account_revenue_band,
    accounts.country as account_country
from customers
inner join segmented on customers.customer_id = segmented.customer_id
left join accounts on customers.account_id = accounts.account_id
