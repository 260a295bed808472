with

horizons as (
    select * from {{ ref('int_forecast_horizons_listed') }}
),

models as (
    select * from {{ ref('int_purchase_models_chosen') }}
    where r is not null
),

patterns as (
    select distinct
        origin_on,
        repeat_count,
        age_days
    from {{ ref('int_purchase_histories_summed') }}
    where origin_on in (select horizons.origin_on from horizons)
),

cases as (
    select
        patterns.origin_on,
        patterns.repeat_count,
        patterns.age_days,
        horizons.horizon_days,
        models.r + patterns.repeat_count as shape,
        models.alpha + patterns.age_days / 7e0 as rate,
        horizons.horizon_days / 7e0 as weeks,
        models.is_dropout_identified,
        models.a + models.b + models.dropout_offset - 1e0 + patterns.repeat_count as series_c,
        models.a + models.b + models.dropout_offset - 1e0 - models.r as series_d,
        models.a - 1e0 as series_e
    from patterns
    inner join models on patterns.origin_on = models.origin_on
    inner join horizons on patterns.origin_on = horizons.origin_on
),

shared as (
    select
        cases.*,
        weeks / (rate + weeks) as z,
        -ln(1e0 + rate / weeks) as log_z,
        -ln(1e0 + weeks / rate) as log_rest,
        -series_e * ln(1e0 + weeks / rate) as log_scale
    from cases
)

select
    origin_on,
    repeat_count,
    age_days,
    horizon_days,
    shape / rate * weeks as orders_without_dropout,
    case when is_dropout_identified then series_c end as series_c,
    case when is_dropout_identified then series_d end as series_d,
    case when is_dropout_identified then series_e end as series_e,
    z,
    log_z,
    log_scale,
    -series_c * log_rest * {{ exp_ratio('log_scale') }} as closed_orders
from shared
