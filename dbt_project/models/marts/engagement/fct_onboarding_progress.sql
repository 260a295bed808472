with

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

steps as (
    select * from {{ ref('int_onboarding_steps_listed') }}
),

steps_done as (
    select * from {{ ref('int_onboarding_steps_done') }}
),

second_orders as (
    select * from {{ ref('fct_orders') }}
    where order_number = 2
),

checklist as (
    select
        customers.customer_id,
        cast(count(steps_done.step) as bigint) as steps_done,
        cast(count(steps.step) as bigint) as steps_total,
        min(case when steps_done.step is null then steps.position end) as next_position,
        max(steps_done.done_at) as last_step_at
    from customers
    left join steps on true
    left join steps_done
        on
            customers.customer_id = steps_done.customer_id
            and steps.step = steps_done.step
    group by customers.customer_id
),

activated as (
    select
        checklist.*,
        customers.created_at,
        second_orders.ordered_at as second_ordered_at,
        case when checklist.steps_done = checklist.steps_total then checklist.last_step_at end as completed_at
    from checklist
    inner join customers on checklist.customer_id = customers.customer_id
    left join second_orders on checklist.customer_id = second_orders.customer_id
),

dated as (
    select
        *,
        case
            when second_ordered_at < completed_at then second_ordered_at
            else coalesce(completed_at, second_ordered_at)
        end as activated_at
    from activated
)

select
    dated.customer_id,
    dated.steps_done,
    dated.steps_total,
    100 * {{ ratio('dated.steps_done', 'dated.steps_total') }} as onboarding_progress_pct,
    steps.step as next_onboarding_step,
    dated.last_step_at,
    {{ days_between('dated.last_step_at', as_of_date()) }} as days_since_last_step,
    dated.completed_at as onboarding_completed_at,
    dated.activated_at,
    case
        when {{ days_between('dated.created_at', as_of_date()) }} >= 7
            then coalesce({{ days_between('dated.created_at', 'dated.activated_at') }} <= 7, false)
    end as is_activated_7d
from dated
left join steps on dated.next_position = steps.position
