{% set window_days = var('forecast_backtest_days') %}
with

purchases as (
    select
        customer_id,
        net_amount,
        purchased_on,
        voided_on,
        {{ add_days(as_of_date(), '-' ~ window_days) }} as origin_on
    from {{ ref('int_purchase_days_merged') }}
),

windowed as (
    select
        customer_id,
        net_amount,
        purchased_on > origin_on as is_after
    from purchases
    where
        (purchased_on > origin_on and (voided_on is null or voided_on > {{ as_of_date() }}))
        or (
            purchased_on between {{ add_days('origin_on', '1 - ' ~ window_days) }} and origin_on
            and (voided_on is null or voided_on > origin_on)
        )
)

select
    customer_id,
    count(*) filter (where not is_after) as orders_before,
    cast(coalesce(sum(net_amount) filter (where not is_after), 0) as decimal(18, 4)) as value_before_amount,
    count(*) filter (where is_after) as orders_after,
    cast(coalesce(sum(net_amount) filter (where is_after), 0) as decimal(18, 4)) as value_after_amount
from windowed
group by customer_id
