with

people as (
    select * from {{ ref('int_campaign_people_measured') }}
    where is_assigned
),

covariates as (
    select * from {{ ref('int_campaign_covariates_gathered') }}
),

{# Sums of decimals are exact, whatever the order they are taken in. #}
outcomes as (
    select
        people.campaign_id,
        people.arm,
        people.is_control,
        people.starts_at,
        case when people.is_window_over then 1 else 0 end as measured,
        case when people.is_window_over and people.converted_at is not null then 1 else 0 end as converted,
        case when people.is_window_over then people.revenue_amount else 0 end as revenue,
        coalesce(covariates.revenue_before_amount, 0) as before
    from people
    left join covariates
        on
            people.campaign_id = covariates.campaign_id
            and people.customer_id = covariates.customer_id
)

select
    campaign_id,
    arm,
    max(case when is_control then 1 else 0 end) = 1 as is_control,
    cast(min(starts_at) as date) as first_assigned_on,
    cast(count(*) as bigint) as assigned,
    cast(sum(measured) as bigint) as measured,
    cast(sum(converted) as bigint) as converters,
    cast(sum(revenue) as decimal(38, 4)) as revenue_sum,
    cast(sum(revenue * revenue) as decimal(38, 8)) as revenue_squares,
    cast(sum(before) as decimal(38, 4)) as before_sum,
    cast(sum(before * before) as decimal(38, 8)) as before_squares,
    cast(sum(revenue * before) as decimal(38, 8)) as revenue_before_products
from outcomes
group by campaign_id, arm
