{% set horizon = var('churn_horizon_days') %}
with

origins as (
    select
        origin_on,
        {{ add_days('origin_on', horizon) }} as window_ends_on
    from {{ ref('int_forecast_origins_listed') }}
    where is_closed or is_training_today or is_training_closed
),

histories as (
    select * from {{ ref('int_purchase_histories_summed') }}
),

purchases as (
    select * from {{ ref('int_purchase_days_merged') }}
),

{# Who bought in the window and kept it to the window's end. #}
returned as (
    select
        origins.origin_on,
        purchases.customer_id
    from purchases
    inner join origins
        on
            purchases.purchased_on > origins.origin_on
            and purchases.purchased_on <= origins.window_ends_on
            and (purchases.voided_on is null or purchases.voided_on > origins.window_ends_on)
    group by origins.origin_on, purchases.customer_id
)

select
    histories.origin_on,
    histories.repeat_count,
    histories.days_to_last_purchase,
    histories.age_days,
    cast(count(*) as bigint) as customers,
    cast(count(*) filter (where returned.customer_id is null) as bigint) as lapsed_customers
from histories
inner join origins on histories.origin_on = origins.origin_on
left join returned
    on
        histories.origin_on = returned.origin_on
        and histories.customer_id = returned.customer_id
group by histories.origin_on, histories.repeat_count, histories.days_to_last_purchase, histories.age_days
