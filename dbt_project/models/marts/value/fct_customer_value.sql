with

histories as (
    select * from {{ ref('int_purchase_histories_summed') }}
    where origin_on = {{ as_of_date() }}
),

models as (
    select * from {{ ref('int_purchase_models_chosen') }}
),

spends as (
    select * from {{ ref('int_spend_models_chosen') }}
),

expectations as (
    select * from {{ ref('int_order_expectations_discounted') }}
),

scored as (
    select
        histories.customer_id,
        histories.purchased_amount as historic_value_amount,
        models.model as purchase_model,
        {{ probability_alive('histories', 'models') }} as p_alive,
        {{ expected_order_value('histories', 'spends') }} as order_value,
        spends.order_value_basis,
        expectations.*
    from histories
    left join models on histories.origin_on = models.origin_on
    left join spends on histories.origin_on = spends.origin_on
    left join expectations
        on
            histories.repeat_count = expectations.repeat_count
            and histories.age_days = expectations.age_days
),

valued as (
    select
        scored.*,
        cast(
            coalesce(p_alive, 1e0) * discounted_orders_365d * order_value * {{ var('margin_share') }}
            as decimal(18, 4)
        ) as predicted_amount
    from scored
),

{# What the best shares of the customers are worth at least. #}
cuts as (
    select
        percentile_cont(1e0 - {{ var('value_tier_high_share') }}) within group (order by amount) as high_from,
        percentile_cont(1e0 - {{ var('value_tier_high_share') }} - {{ var('value_tier_medium_share') }})
        within group (order by amount) as medium_from
    from (select cast(predicted_amount as {{ t_double() }}) as amount from valued) as amounts
)

select
    valued.customer_id,
    valued.historic_value_amount,
    valued.p_alive,
    {%- for days in var('forecast_horizon_days') %}
    coalesce(valued.p_alive, 1e0) * valued.orders_{{ days }}d as expected_orders_{{ days }}d,
    {%- endfor %}
    cast(valued.order_value as decimal(18, 4)) as expected_order_value_amount,
    valued.order_value_basis,
    valued.predicted_amount as predicted_clv_365d_amount,
    cast(valued.historic_value_amount + valued.predicted_amount as decimal(18, 4)) as total_value_amount,
    case
        when valued.predicted_amount >= cuts.high_from then 'high'
        when valued.predicted_amount >= cuts.medium_from then 'medium'
        when valued.predicted_amount is not null then 'low'
    end as value_tier,
    valued.purchase_model,
    valued.is_converged as is_forecast_converged
from valued
cross join cuts
