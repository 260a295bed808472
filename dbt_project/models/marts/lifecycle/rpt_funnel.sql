with

reached as (
    select * from {{ ref('int_funnel_steps_reached') }}
),

visitors as (
    select * from {{ ref('int_visitors_seen') }}
),

steps as (
    select * from {{ ref('funnel_stages') }}
),

{# Visitors who are no known customer are aware; they have reached the first step and no other. #}
furthest as (
    select
        funnel_position,
        count(*) as customers
    from reached
    group by funnel_position
    union all
    select
        1 as funnel_position,
        count(*) as customers
    from visitors
    left join reached on visitors.customer_id = reached.customer_id
    where reached.customer_id is null
),

counted as (
    select
        steps.funnel_stage,
        steps.position,
        sum(coalesce(furthest.customers, 0)) as furthest_customers
    from steps
    left join furthest on steps.position = furthest.funnel_position
    group by steps.funnel_stage, steps.position
),

{# Each step holds those beyond it. #}
summed as (
    select
        counted.*,
        sum(furthest_customers) over (order by position desc rows unbounded preceding) as customers
    from counted
),

compared as (
    select
        summed.*,
        lag(customers) over (order by position) as previous_customers
    from summed
)

select
    {{ as_of_date() }} as as_of_date,
    funnel_stage,
    cast(customers as bigint) as customers,
    cast(furthest_customers as bigint) as furthest_customers,
    {{ ratio('customers', 'previous_customers') }} as conversion_from_previous
from compared
