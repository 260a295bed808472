with

firsts as (
    select min(created_at) as first_at from {{ ref('stg_shop__customers') }}
    union all
    select min(ordered_at) as first_at from {{ ref('stg_shop__orders') }}
    union all
    select min(started_at) as first_at from {{ ref('stg_shop__subscriptions') }}
),

first_day as (
    select coalesce(cast(min(first_at) as date), {{ as_of_date() }}) as first_on from firsts
),

digits as (
    select 0 as digit
    {%- for digit in range(1, 10) %}
    union all
    select {{ digit }}
    {%- endfor %}
),

{# 100,000 days: 273 years back. #}
days as (
    select {{ add_days(as_of_date(), '-(ones.digit + 10 * tens.digit + 100 * hundreds.digit'
        ~ ' + 1000 * thousands.digit + 10000 * ten_thousands.digit)') }} as day
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ten_thousands
),

known_days as (
    select days.day
    from days
    cross join first_day
    where days.day >= first_day.first_on
),

periods as (
    select distinct
        'month' as period_kind,
        {{ month_start('day') }} as period_start,
        {{ add_months(month_start('day'), 1) }} as period_end
    from known_days
    union all
    select distinct
        'week' as period_kind,
        {{ week_start('day') }} as period_start,
        {{ add_days(week_start('day'), 7) }} as period_end
    from known_days
)

select
    period_kind,
    period_start,
    period_end,
    cast(row_number() over (partition by period_kind order by period_start) as bigint) as period_position,
    period_end <= {{ add_days(as_of_date(), 1) }} as is_complete
from periods
