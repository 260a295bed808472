with

conditions as (
    select * from {{ ref('int_lifecycle_conditions_overlaid') }}
),

{# The first rule that holds wins. #}
ruled as (
    select
        customer_id,
        changed_on,
        case
            when not is_converted then 'not_converted'
            when is_lost then 'long_overdue'
            when is_ended then 'subscription_ended'
            when is_overdue then 'overdue'
            when is_returned then 'returned'
            when is_onboarding then 'new_customer'
            when is_advocate then 'recommends'
            when has_repeated then 'repeat_purchase'
            when is_habitual then 'active_two_months'
            else 'customer'
        end as entry_reason
    from conditions
),

staged as (
    select
        customer_id,
        changed_on,
        entry_reason,
        case entry_reason
            when 'not_converted' then 'acquired'
            when 'long_overdue' then 'churned'
            when 'subscription_ended' then 'churned'
            when 'overdue' then 'at_risk'
            when 'returned' then 'reactivated'
            when 'new_customer' then 'onboarding'
            when 'recommends' then 'advocate'
            when 'repeat_purchase' then 'retained'
            when 'active_two_months' then 'retained'
            else 'active'
        end as lifecycle_stage
    from ruled
),

compared as (
    select
        staged.*,
        lag(lifecycle_stage) over (partition by customer_id order by changed_on) as previous_stage
    from staged
)

select
    customer_id,
    lifecycle_stage,
    cast(changed_on as timestamp) as entered_at,
    cast(lead(changed_on) over (partition by customer_id order by changed_on) as timestamp) as exited_at,
    entry_reason
from compared
where previous_stage is null or previous_stage <> lifecycle_stage
