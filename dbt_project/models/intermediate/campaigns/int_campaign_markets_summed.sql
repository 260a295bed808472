with

people as (
    select * from {{ ref('int_campaign_people_measured') }}
    where is_assigned
),

customers as (
    select * from {{ ref('dim_customers') }}
),

countries as (
    select
        people.campaign_id,
        people.arm,
        coalesce(customers.country, '(unknown)') as country,
        max(case when people.is_control then 1 else 0 end) as is_control,
        count(*) as assigned,
        count(case when people.is_window_over then 1 end) as measured,
        count(case when people.is_window_over and people.converted_at is not null then 1 end) as converters
    from people
    left join customers on people.customer_id = customers.customer_id
    group by people.campaign_id, people.arm, coalesce(customers.country, '(unknown)')
),

campaigns as (
    select
        campaign_id,
        count(distinct arm) as arms
    from countries
    group by campaign_id
),

{# A country is large enough when every arm of the campaign has enough people there; the others are one market. #}
sized as (
    select
        campaign_id,
        country,
        count(*) as arms,
        min(measured) as fewest
    from countries
    group by campaign_id, country
),

placed as (
    select
        countries.*,
        case
            when sized.arms = campaigns.arms and sized.fewest >= {{ var('lift_market_min_people') }}
                then countries.country
            else '(other)'
        end as market
    from countries
    inner join sized on countries.campaign_id = sized.campaign_id and countries.country = sized.country
    inner join campaigns on countries.campaign_id = campaigns.campaign_id
)

select
    campaign_id,
    arm,
    market,
    max(is_control) = 1 as is_control,
    cast(count(*) as bigint) as countries,
    cast(sum(assigned) as bigint) as assigned,
    cast(sum(measured) as bigint) as measured,
    cast(sum(converters) as bigint) as converters
from placed
group by campaign_id, arm, market
