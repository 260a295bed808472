with

conditions as (
    select * from {{ ref('int_purchase_conditions_overlaid') }}
),

purchases as (
    select * from {{ ref('int_purchase_days_merged') }}
),

judged as (
    select
        customer_id,
        changed_on,
        has_repeated,
        is_subscribed,
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
),

runs as (
    select
        compared.*,
        lead(changed_on) over (partition by customer_id order by changed_on) as next_changed_on,
        standing = 'current' and coalesce(previous_standing in ('lost', 'ended'), false) as is_back
    from compared
    where
        previous_standing is null
        or previous_standing <> standing
        or previously_repeated <> has_repeated
)

{# Back is who buys that day or subscribes: a refund, too, can end a standing, when the rhythm before was slower. #}
select
    runs.customer_id,
    runs.standing,
    runs.has_repeated,
    runs.changed_on as starts_on,
    runs.next_changed_on as ends_on,
    runs.previous_standing,
    runs.is_back and (runs.is_subscribed or purchases.purchased_on is not null) as has_returned
from runs
left join purchases
    on
        runs.customer_id = purchases.customer_id
        and runs.changed_on = purchases.purchased_on
