with

found as (
    select * from {{ ref('int_goal_touches_found') }}
),

touches as (
    select * from {{ ref('int_campaign_touches_listed') }}
),

ranked as (
    select
        found.*,
        touches.campaign_id,
        touches.channel,
        touches.touch,
        touches.touched_at,
        row_number() over (
            partition by found.customer_id, found.goal_number
            order by
                touches.touched_at desc, touches.days asc, touches.campaign_id asc, touches.channel asc,
                touches.touch asc
        ) as touch_rank
    from found
    inner join touches
        on
            found.customer_id = touches.customer_id
            and found.days = touches.days
            and found.last_touched_at = touches.touched_at
    where {{ micros_between('found.last_touched_at', 'found.occurred_at') }} <= found.days * 86400000000
)

select
    customer_id,
    goal_number,
    event_name,
    occurred_at,
    net_amount,
    campaign_id,
    channel,
    touch,
    touched_at
from ranked
where touch_rank = 1
