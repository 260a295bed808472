with

figures as (
    select
        period_start,
        segment_kind,
        segment_value,
        invites,
        sign_ups,
        qualified,
        blocked,
        0 as active_customers
    from {{ ref('int_referrals_counted') }}
    union all
    select
        period_start,
        segment_kind,
        segment_value,
        0 as invites,
        0 as sign_ups,
        0 as qualified,
        0 as blocked,
        active_customers
    from {{ ref('rpt_growth_accounting') }}
    where period_kind = 'month'
),

summed as (
    select
        period_start,
        segment_kind,
        segment_value,
        {{ add_days(add_months('period_start', 1), var('referral_window_days')) }}
        <= {{ add_days(as_of_date(), 1) }} as is_complete,
        sum(invites) as invites,
        sum(sign_ups) as sign_ups,
        sum(qualified) as qualified,
        sum(blocked) as blocked,
        sum(active_customers) as active_customers
    from figures
    group by 1, 2, 3
),

rated as (
    select
        *,
        case when is_complete then {{ ratio('qualified', 'invites') }} end as conversion_rate
    from summed
)

select
    period_start,
    segment_kind,
    segment_value,
    is_complete,
    cast(active_customers as bigint) as active_customers,
    cast(invites as bigint) as invites,
    case when is_complete then cast(sign_ups as bigint) end as sign_ups,
    case when is_complete then cast(qualified as bigint) end as qualified,
    cast(blocked as bigint) as blocked,
    {{ ratio('invites', 'active_customers') }} as invites_per_active_customer,
    case when is_complete then {{ ratio('sign_ups', 'invites') }} end as sign_up_rate,
    conversion_rate,
    {{ ratio('invites', 'active_customers') }} * conversion_rate as k_factor
from rated
