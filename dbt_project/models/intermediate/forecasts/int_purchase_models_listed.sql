with

origins as (
    select * from {{ ref('int_forecast_origins_listed') }}
),

histories as (
    select
        origin_on,
        count(*) as histories,
        sum(customers) as customers,
        sum(customers) filter (where repeat_count > 0) as repeat_buyers,
        max(age_days) as window_days
    from {{ ref('int_purchase_patterns_counted') }}
    group by origin_on
),

models as (
    select
        'nbd' as model,
        cast(null as integer) as dropout_offset,
        2 as parameters
    union all
    select
        'bgnbd' as model,
        0 as dropout_offset,
        4 as parameters
    union all
    select
        'mbgnbd' as model,
        1 as dropout_offset,
        4 as parameters
)

select
    origins.origin_on,
    models.model,
    models.dropout_offset,
    cast(coalesce(histories.customers, 0) as bigint) as customers,
    cast(coalesce(histories.repeat_buyers, 0) as bigint) as repeat_buyers,
    histories.window_days,
    case
        when histories.customers is null then 'nobody_bought'
        when coalesce(histories.repeat_buyers, 0) < {{ var('purchase_min_repeat_buyers') }} then 'too_few_repeat_buyers'
        when histories.histories <= models.parameters then 'too_few_histories'
    end as unfit_reason
from origins
inner join models on origins.is_today or models.model in ('nbd', '{{ var('purchase_model') }}')
left join histories on origins.origin_on = histories.origin_on
