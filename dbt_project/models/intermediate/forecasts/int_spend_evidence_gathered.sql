with

origins as (
    select * from {{ ref('int_forecast_origins_listed') }}
    where is_today or is_backtest
),

histories as (
    select
        histories.origin_on,
        cast(histories.repeat_count as {{ t_double() }}) as purchases,
        cast(histories.mean_repeat_amount as {{ t_double() }}) as mean_amount
    from {{ ref('int_purchase_histories_summed') }} as histories
    inner join origins on histories.origin_on = origins.origin_on
    where histories.mean_repeat_amount > 0
),

counts as (
    select
        origin_on,
        purchases,
        cast(count(*) as {{ t_double() }}) as customers
    from histories
    group by origin_on, purchases
)

select
    origin_on,
    1e0 as customers,
    purchases,
    1e0 as q_times,
    purchases * mean_amount as spent_amount,
    mean_amount,
    0e0 as gamma_times
from histories
union all
select
    origin_on,
    0e0 as customers,
    purchases,
    1e0 as q_times,
    1e0 as spent_amount,
    1e0 as mean_amount,
    customers as gamma_times
from counts
union all
select
    origin_on,
    0e0 as customers,
    purchases,
    0e0 as q_times,
    1e0 as spent_amount,
    1e0 as mean_amount,
    -customers as gamma_times
from counts
union all
select
    origin_on,
    0e0 as customers,
    0e0 as purchases,
    1e0 as q_times,
    1e0 as spent_amount,
    1e0 as mean_amount,
    -sum(customers) as gamma_times
from counts
group by origin_on
