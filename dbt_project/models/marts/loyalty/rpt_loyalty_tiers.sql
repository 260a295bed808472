with

accounts as (
    select * from {{ ref('fct_loyalty_accounts') }}
),

tiers as (
    select
        tier,
        position
    from {{ ref('loyalty_tiers') }}
    union all
    select
        '(none)' as tier,
        0 as position
),

counted as (
    select
        coalesce(tier, '(none)') as tier,
        count(*) as members,
        sum(case when is_in_grace then 1 else 0 end) as members_in_grace,
        sum(points_balance) as points_balance,
        sum(points_owed) as points_owed,
        sum(points_expiring_30d) as points_expiring_30d
    from accounts
    group by 1
)

select
    {{ as_of_date() }} as as_of_date,
    tiers.tier,
    cast(tiers.position as bigint) as position,
    cast(coalesce(counted.members, 0) as bigint) as members,
    cast(coalesce(counted.members_in_grace, 0) as bigint) as members_in_grace,
    cast(coalesce(counted.points_balance, 0) as bigint) as points_balance,
    cast(coalesce(counted.points_owed, 0) as bigint) as points_owed,
    cast(coalesce(counted.points_expiring_30d, 0) as bigint) as points_expiring_30d
from tiers
left join counted on tiers.tier = counted.tier
