with

accounts as (
    select * from {{ ref('stg_shop__accounts') }}
),

bands as (
    select * from {{ ref('account_bands') }}
),

people as (
    select * from {{ ref('int_account_people_counted') }}
),

joined as (
    select
        accounts.*,
        employees_bands.band as employees_band,
        revenue_bands.band as revenue_band,
        coalesce(people.customers, 0) as customers,
        coalesce(people.converted_customers, 0) as converted_customers,
        coalesce(people.active_customers, 0) as active_customers,
        coalesce(people.at_risk_customers, 0) as at_risk_customers,
        coalesce(people.churned_customers, 0) as churned_customers,
        cast(coalesce(people.net_revenue_amount, 0) as decimal(18, 4)) as net_revenue_amount,
        cast(coalesce(people.net_revenue_365d_amount, 0) as decimal(18, 4)) as net_revenue_365d_amount,
        people.last_ordered_at,
        people.last_seen_at
    from accounts
    left join people on accounts.account_id = people.account_id
    left join bands as employees_bands
        on
            employees_bands.measure = 'employees'
            and accounts.employees >= employees_bands.band_from
            and (employees_bands.band_below is null or accounts.employees < employees_bands.band_below)
    left join bands as revenue_bands
        on
            revenue_bands.measure = 'annual_revenue'
            and accounts.annual_revenue_amount >= revenue_bands.band_from
            and (revenue_bands.band_below is null or accounts.annual_revenue_amount < revenue_bands.band_below)
)

select
    account_id,
    name,
    industry,
    country,
    employees,
    coalesce(employees_band, '(unknown)') as employees_band,
    annual_revenue_amount,
    coalesce(revenue_band, '(unknown)') as revenue_band,
    customers,
    converted_customers,
    active_customers,
    at_risk_customers,
    churned_customers,
    active_customers > 0 as is_any_active,
    active_customers > 0 and active_customers = customers as is_all_active,
    active_customers = 0 as is_none_active,
    case
        when active_customers > 0 then 'active'
        when at_risk_customers > 0 then 'at_risk'
        when churned_customers > 0 then 'churned'
        else 'prospect'
    end as account_stage,
    net_revenue_amount,
    net_revenue_365d_amount,
    last_ordered_at,
    last_seen_at,
    created_at
from joined
