with

carts as (
    select
        *,
        {{ month_start('started_at') }} as period_start,
        outcome = 'abandoned' as is_abandoned,
        outcome = 'abandoned'
        and {{ days_between('abandoned_at', 'purchased_at') }} <= {{ var('cart_recovery_days') }} as is_recovered,
        outcome = 'abandoned'
        and purchased_at is null
        and {{ days_between('abandoned_at', as_of_date()) }} < {{ var('cart_recovery_days') }} as is_recoverable
    from {{ ref('int_carts_gathered') }}
),

counted as (
    select
        period_start,
        count(*) as carts_created,
        sum(case when outcome = 'bought' then 1 else 0 end) as carts_bought,
        sum(case when outcome = 'emptied' then 1 else 0 end) as carts_emptied,
        sum(case when is_abandoned then 1 else 0 end) as carts_abandoned,
        sum(case when outcome = 'open' then 1 else 0 end) as carts_open,
        sum(case when is_recovered then 1 else 0 end) as carts_recovered,
        sum(case when is_recoverable then 1 else 0 end) as carts_recoverable,
        sum(case when has_reached_checkout then 1 else 0 end) as checkouts_started,
        sum(case when has_reached_checkout and is_abandoned then 1 else 0 end) as checkouts_abandoned,
        sum(case when is_recovered then 0 when is_abandoned then value_amount else 0 end) as lost_value_amount
    from carts
    group by period_start
),

judged as (
    select
        counted.*,
        carts_open = 0 and {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
    from counted
)

select
    period_start,
    cast(carts_created as bigint) as carts_created,
    cast(carts_bought as bigint) as carts_bought,
    cast(carts_emptied as bigint) as carts_emptied,
    cast(carts_abandoned as bigint) as carts_abandoned,
    cast(carts_open as bigint) as carts_open,
    cast(carts_recovered as bigint) as carts_recovered,
    cast(checkouts_started as bigint) as checkouts_started,
    cast(checkouts_abandoned as bigint) as checkouts_abandoned,
    cast(lost_value_amount as decimal(18, 4)) as lost_value_amount,
    case when is_complete then {{ ratio('carts_abandoned', 'carts_created') }} end as cart_abandonment_rate,
    case when is_complete then {{ ratio('checkouts_abandoned', 'checkouts_started') }} end as checkout_abandonment_rate,
    case
        when is_complete and carts_recoverable = 0 then {{ ratio('carts_recovered', 'carts_abandoned') }}
    end as recovery_rate,
    is_complete
from judged
