with

ledger as (
    select
        *,
        {{ days_between('occurred_on', as_of_date()) }} as days_ago,
        extract(year from occurred_on) = extract(year from {{ as_of_date() }}) as is_this_year
    from {{ ref('fct_points_ledger') }}
),

summed as (
    select
        customer_id,
        min(occurred_at) as joined_at,
        max(case when kind <> 'expire' then occurred_at end) as last_activity_at,
        sum(points) as points_sum,
        sum(case when kind = 'earn' then points else 0 end) as earned,
        sum(case when kind = 'redeem' then -points else 0 end) as redeemed,
        sum(case when kind = 'expire' then -points else 0 end) as expired,
        sum(case when days_ago <= 365 then qualifying_points else 0 end) as earned_365d,
        sum(case when is_this_year then qualifying_points else 0 end) as earned_this_year,
        sum(case when points < 0 then -points else 0 end) as spent
    from ledger
    group by customer_id
),

{# What is spent, expired or taken back uses up the oldest points first. #}
lots as (
    select
        customer_id,
        points,
        {{ add_days('occurred_on', var('points_valid_days') or 'null') }} as expires_on,
        sum(points) over (
            partition by customer_id order by occurred_at, loyalty_event_id
            rows between unbounded preceding and current row
        ) as points_up_to
    from ledger
    where points > 0
),

left_over as (
    select
        lots.customer_id,
        lots.expires_on,
        case
            when lots.points_up_to - summed.spent < lots.points then lots.points_up_to - summed.spent
            else lots.points
        end as points_left
    from lots
    inner join summed on lots.customer_id = summed.customer_id
    where lots.points_up_to > summed.spent
),

expiring as (
    select
        customer_id,
        min(expires_on) as next_expiry_on,
        sum(case when {{ days_between(as_of_date(), 'expires_on') }} <= 30 then points_left else 0 end) as expiring_30d
    from left_over
    where expires_on is not null
    group by customer_id
)

select
    summed.customer_id,
    summed.joined_at,
    summed.last_activity_at,
    cast(summed.points_sum as bigint) as points_sum,
    cast(summed.earned as bigint) as points_earned,
    cast(summed.redeemed as bigint) as points_redeemed,
    cast(summed.expired as bigint) as points_expired,
    cast(case when summed.earned_365d > 0 then summed.earned_365d else 0 end as bigint) as points_earned_365d,
    cast(case when summed.earned_this_year > 0 then summed.earned_this_year else 0 end as bigint)
        as points_earned_this_year,
    cast(coalesce(expiring.expiring_30d, 0) as bigint) as points_expiring_30d,
    expiring.next_expiry_on
from summed
left join expiring on summed.customer_id = expiring.customer_id
