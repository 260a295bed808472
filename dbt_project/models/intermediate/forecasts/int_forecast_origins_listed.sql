{% set horizon = var('churn_horizon_days') %}
{% set step_days = var('churn_training_step_days') %}
with

uses as (
    select
        0 as days_ago,
        'today' as purpose
    union all
    select
        {{ var('forecast_backtest_days') }} as days_ago,
        'backtest' as purpose
    union all
    select
        {{ horizon }} as days_ago,
        'closed' as purpose
    {%- for step in range(var('churn_training_origins') | int) %}
    union all
    select
        {{ horizon + step_days * step }} as days_ago,
        'training_today' as purpose
    union all
    select
        {{ 2 * horizon + step_days * step }} as days_ago,
        'training_closed' as purpose
    {%- endfor %}
),

flagged as (
    select
        {{ add_days(as_of_date(), '-days_ago') }} as origin_on,
        count(*) filter (where purpose = 'today') > 0 as is_today,
        count(*) filter (where purpose = 'backtest') > 0 as is_backtest,
        count(*) filter (where purpose = 'closed') > 0 as is_closed,
        count(*) filter (where purpose = 'training_today') > 0 as is_training_today,
        count(*) filter (where purpose = 'training_closed') > 0 as is_training_closed
    from uses
    group by days_ago
)

select
    origin_on,
    is_today,
    is_backtest,
    is_closed,
    is_training_today,
    is_training_closed,
    is_today or is_backtest or is_closed as is_everyone
from flagged
