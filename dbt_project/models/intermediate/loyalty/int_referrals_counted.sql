with

referrals as (
    select
        *,
        cast(invited_at as date) as invited_on
    from {{ ref('fct_referrals') }}
),

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
)

select
    {{ month_start('referrals.invited_on') }} as period_start,
    segment_kinds.segment_kind,
    case
        when segment_kinds.segment_kind = 'all' then 'all'
        else coalesce({{ segment_value('segment_kinds.segment_kind', 'customers') }}, '(unknown)')
    end as segment_value,
    cast(sum(case when referrals.status <> 'blocked' then 1 else 0 end) as bigint) as invites,
    cast(
        sum(
            case
                when
                    referrals.status <> 'blocked'
                    and {{ days_between('referrals.invited_on', 'referrals.signed_up_at') }}
                    <= {{ var('referral_window_days') }}
                    then 1
                else 0
            end
        ) as bigint
    ) as sign_ups,
    cast(
        sum(
            case
                when
                    referrals.status = 'qualified'
                    and {{ days_between('referrals.invited_on', 'referrals.qualified_at') }}
                    <= {{ var('referral_window_days') }}
                    then 1
                else 0
            end
        ) as bigint
    ) as qualified,
    cast(sum(case when referrals.status = 'blocked' then 1 else 0 end) as bigint) as blocked
from referrals
cross join segment_kinds
left join customers on referrals.referrer_customer_id = customers.customer_id
group by 1, 2, 3
