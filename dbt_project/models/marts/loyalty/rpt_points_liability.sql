with

ledger as (
    select
        *,
        {{ month_start('occurred_on') }} as period_start
    from {{ ref('fct_points_ledger') }}
),

{# Every month from the first of the ledger on, also those in which nothing happened. #}
months as (
    select periods.period_start
    from {{ ref('int_periods_listed') }} as periods
    cross join (select min(period_start) as first_start from ledger) as firsts
    where periods.period_kind = 'month' and periods.period_start >= firsts.first_start
    union
    select period_start from ledger
),

moved as (
    select
        period_start,
        sum(case when kind = 'earn' then points else 0 end) as earned,
        sum(case when kind = 'adjust' then points else 0 end) as adjusted,
        sum(case when kind = 'redeem' then -points else 0 end) as redeemed,
        sum(case when kind = 'expire' then -points else 0 end) as expired,
        sum(case when kind = 'reverse' then -points else 0 end) as reversed,
        sum(points) as change
    from ledger
    group by period_start
),

outstanding as (
    select
        months.period_start,
        coalesce(moved.earned, 0) as earned,
        coalesce(moved.adjusted, 0) as adjusted,
        coalesce(moved.redeemed, 0) as redeemed,
        coalesce(moved.expired, 0) as expired,
        coalesce(moved.reversed, 0) as reversed,
        sum(coalesce(moved.change, 0)) over (
            order by months.period_start rows between unbounded preceding and current row
        ) as outstanding
    from months
    left join moved on months.period_start = moved.period_start
)

select
    period_start,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete,
    cast(earned as bigint) as points_earned,
    cast(adjusted as bigint) as points_adjusted,
    cast(redeemed as bigint) as points_redeemed,
    cast(expired as bigint) as points_expired,
    cast(reversed as bigint) as points_reversed,
    cast(outstanding as bigint) as points_outstanding,
    cast(outstanding * {{ var('point_value_amount') }} as decimal(18, 4)) as liability_amount,
    {{ ratio('redeemed', 'earned') }} as redemption_rate
from outstanding
