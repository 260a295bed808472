with

point_sums as (
    select * from {{ ref('int_points_summed_to_customers') }}
),

tiers as (
    select * from {{ ref('loyalty_tiers') }}
),

current_tiers as (
    select * from {{ ref('fct_loyalty_tiers') }}
    where exited_at is null
),

{# The claim that holds the current tier longest. #}
claims as (
    select
        customer_id,
        position,
        max(period_ends_on) as period_ends_on,
        max(ends_on) as ends_on
    from {{ ref('int_loyalty_tiers_claimed') }}
    where starts_on <= {{ as_of_date() }}
    group by customer_id, position
),

{# The tier after a tier, and the first one after none. #}
ladder as (
    select
        position,
        tier,
        points_from,
        lag(position, 1, 0) over (order by position) as position_below
    from tiers
)

select
    point_sums.customer_id,
    case when point_sums.points_sum > 0 then point_sums.points_sum else 0 end as points_balance,
    case when point_sums.points_sum < 0 then -point_sums.points_sum else 0 end as points_owed,
    point_sums.points_earned_365d,
    point_sums.points_earned_this_year,
    point_sums.points_earned,
    point_sums.points_redeemed,
    point_sums.points_expired,
    point_sums.points_expiring_30d,
    point_sums.next_expiry_on,
    current_tiers.tier,
    tiers.perks,
    cast(current_tiers.entered_at as date) as tier_since,
    case when current_tiers.entry_reason = 'upgraded' then cast(current_tiers.entered_at as date) end
        as tier_upgraded_on,
    {{ add_days('claims.ends_on', -1) }} as tier_valid_until,
    coalesce(claims.period_ends_on <= {{ as_of_date() }}, false) as is_in_grace,
    ladder.tier as next_tier,
    case
        when ladder.points_from <= point_sums.points_earned_this_year then 0
        else ladder.points_from - point_sums.points_earned_this_year
    end as points_to_next_tier,
    point_sums.joined_at,
    point_sums.last_activity_at
from point_sums
left join current_tiers on point_sums.customer_id = current_tiers.customer_id
left join tiers on current_tiers.tier = tiers.tier
left join claims
    on
        current_tiers.customer_id = claims.customer_id
        and current_tiers.position = claims.position
left join ladder on coalesce(current_tiers.position, 0) = ladder.position_below
