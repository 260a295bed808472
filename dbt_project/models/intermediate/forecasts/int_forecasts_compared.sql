{% set window_days = var('forecast_backtest_days') %}
with

histories as (
    select * from {{ ref('int_purchase_histories_summed') }}
    where origin_on = {{ add_days(as_of_date(), '-' ~ window_days) }}
),

models as (
    select * from {{ ref('int_purchase_models_chosen') }}
),

spends as (
    select * from {{ ref('int_spend_models_chosen') }}
),

expectations as (
    select * from {{ ref('int_order_expectations_summed') }}
    where horizon_days = {{ window_days }}
),

purchases as (
    select * from {{ ref('int_backtest_purchases_counted') }}
),

forecast as (
    select
        histories.*,
        {{ ratio('histories.repeat_count * ' ~ window_days, 'histories.age_days') }} as rate_orders,
        coalesce({{ probability_alive('histories', 'models') }}, 1e0) * expectations.expected_orders as forecast_orders,
        {{ expected_order_value('histories', 'spends') }} as order_value
    from histories
    left join models on histories.origin_on = models.origin_on
    left join spends on histories.origin_on = spends.origin_on
    left join expectations
        on
            histories.origin_on = expectations.origin_on
            and histories.repeat_count = expectations.repeat_count
            and histories.age_days = expectations.age_days
)

select
    forecast.customer_id,
    forecast.forecast_orders,
    forecast.forecast_orders * forecast.order_value as forecast_value,
    cast(coalesce(purchases.orders_before, 0) as {{ t_double() }}) as same_as_last_window_orders,
    cast(coalesce(purchases.value_before_amount, 0) as {{ t_double() }}) as same_as_last_window_value,
    coalesce(forecast.rate_orders, 0e0) as rate_times_horizon_orders,
    coalesce(forecast.rate_orders * forecast.mean_repeat_amount, 0e0) as rate_times_horizon_value,
    cast(coalesce(purchases.orders_after, 0) as {{ t_double() }}) as actual_orders,
    cast(coalesce(purchases.value_after_amount, 0) as {{ t_double() }}) as actual_value
from forecast
left join purchases on forecast.customer_id = purchases.customer_id
