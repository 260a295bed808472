with

purchase_states as (
    select * from {{ ref('int_purchase_states_tracked') }}
),

subscriptions as (
    select
        customer_id,
        cast(started_at as date) as started_on,
        cast(ended_at as date) as ended_on
    from {{ ref('stg_shop__subscriptions') }}
),

{# Told by its exceptions: most purchases change nothing, and a span less is a row less to overlay. #}
spans as (
    select
        customer_id,
        'once_bought' as condition,
        min(changed_on) as starts_on,
        cast(null as date) as ends_on
    from purchase_states
    group by customer_id
    union all
    select
        customer_id,
        'no_purchase_stands' as condition,
        changed_on as starts_on,
        next_changed_on as ends_on
    from purchase_states
    where purchase_days = 0
    union all
    select
        customer_id,
        'no_second_purchase' as condition,
        changed_on as starts_on,
        next_changed_on as ends_on
    from purchase_states
    where purchase_days < 2
    union all
    select
        customer_id,
        'overdue' as condition,
        case when at_risk_on > changed_on then at_risk_on else changed_on end as starts_on,
        next_changed_on as ends_on
    from purchase_states
    where at_risk_on is not null
    union all
    select
        customer_id,
        'long_overdue' as condition,
        case when churned_on > changed_on then churned_on else changed_on end as starts_on,
        next_changed_on as ends_on
    from purchase_states
    where churned_on is not null
    union all
    select
        customer_id,
        'subscribed' as condition,
        started_on as starts_on,
        ended_on as ends_on
    from subscriptions
    union all
    select
        customer_id,
        'once_subscribed' as condition,
        started_on as starts_on,
        cast(null as date) as ends_on
    from subscriptions
)

select
    customer_id,
    condition,
    starts_on,
    ends_on
from spans
where starts_on <= {{ as_of_date() }} and (ends_on is null or ends_on > starts_on)
