with

steps as (
    select * from {{ ref('int_onboarding_steps_listed') }}
),

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

steps_done as (
    select * from {{ ref('int_onboarding_steps_done') }}
),

customers_counted as (
    select count(*) as customers from customers
),

reached as (
    select
        steps_done.step,
        count(*) as customers_reached,
        percentile_cont(0.5) within group (
            order by cast({{ days_between('customers.created_at', 'steps_done.done_at') }} as {{ t_double() }})
        ) as median_days_to_reach
    from steps_done
    inner join customers on steps_done.customer_id = customers.customer_id
    group by steps_done.step
)

select
    steps.position,
    steps.step,
    cast(customers_counted.customers as bigint) as customers,
    cast(coalesce(reached.customers_reached, 0) as bigint) as customers_reached,
    {{ ratio('coalesce(reached.customers_reached, 0)', 'customers_counted.customers') }} as share_reached,
    reached.median_days_to_reach
from steps
cross join customers_counted
left join reached on steps.step = reached.step
