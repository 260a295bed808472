with

conditions as (
    select * from {{ ref('int_purchase_conditions_overlaid') }}
),

judged as (
    select
        customer_id,
        changed_on,
        has_repeated,
        case
            when not has_bought and not has_subscribed then 'prospect'
            when is_subscribed then 'current'
            when not has_bought then 'ended'
            when is_long_overdue then 'lost'
            when is_overdue then 'overdue'
            else 'current'
        end as standing
    from conditions
),

compared as (
    select
        judged.*,
        lag(standing) over (partition by customer_id order by changed_on) as previous_standing,
        lag(has_repeated) over (partition by customer_id order by changed_on) as previously_repeated
    from judged
)

select
    customer_id,
    standing,
    has_repeated,
    changed_on as starts_on,
    lead(changed_on) over (partition by customer_id order by changed_on) as ends_on,
    previous_standing
from compared
where
    previous_standing is null
    or previous_standing <> standing
    or previously_repeated <> has_repeated
