with

origins as (
    select * from {{ ref('int_forecast_origins_listed') }}
),

{# The year of lifetime value in twelve steps of whole days. #}
steps as (
    {%- for month in range(1, 13) %}
    select cast({{ 365 * month // 12 }} as bigint) as horizon_days
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

present_values as (
    select
        horizon_days,
        exp(-ln(1e0 + {{ var('annual_discount_rate') }}) * horizon_days / 365e0) as present_value
    from steps
),

weights as (
    select
        horizon_days,
        present_value - coalesce(lead(present_value) over (order by horizon_days), 0e0) as discount_weight
    from present_values
),

wanted as (
    select
        horizon_days,
        true as is_today
    from weights
    {%- for days in var('forecast_horizon_days') %}
    union
    select
        cast({{ days }} as bigint) as horizon_days,
        true as is_today
    {%- endfor %}
    union
    select
        cast({{ var('forecast_backtest_days') }} as bigint) as horizon_days,
        false as is_today
)

select
    origins.origin_on,
    wanted.horizon_days,
    case when wanted.is_today then weights.discount_weight end as discount_weight
from wanted
inner join origins
    on
        (wanted.is_today and origins.is_today)
        or (not wanted.is_today and origins.is_backtest)
left join weights on wanted.horizon_days = weights.horizon_days
