with

expectations as (
    select * from {{ ref('int_order_expectations_summed') }}
    where origin_on = {{ as_of_date() }}
),

horizons as (
    select * from {{ ref('int_forecast_horizons_listed') }}
)

select
    expectations.repeat_count,
    expectations.age_days,
    {%- for days in var('forecast_horizon_days') %}
    max(expectations.expected_orders) filter (where horizons.horizon_days = {{ days }}) as orders_{{ days }}d,
    {%- endfor %}
    {{ exact_sum('expectations.expected_orders * horizons.discount_weight') }} as discounted_orders_365d,
    count(*) filter (where not expectations.is_converged) = 0 as is_converged
from expectations
inner join horizons
    on
        expectations.origin_on = horizons.origin_on
        and expectations.horizon_days = horizons.horizon_days
group by expectations.repeat_count, expectations.age_days
