-- Demand by day: more before Christmas, less in summer, more at weekends; it averages to 1.
create table work.calendar as
with shape as (
    select
        day,
        (getvariable('start_at') + to_days(day::integer))::date as calendar_date,
        [0.88e0, 0.86e0, 0.95e0, 0.98e0, 1.0e0, 0.95e0, 0.88e0, 0.88e0, 0.98e0, 1.04e0, 1.30e0, 1.30e0][
            month((getvariable('start_at') + to_days(day::integer))::date)
        ] * case when isodow((getvariable('start_at') + to_days(day::integer))::date) >= 6 then 1.12e0 else 0.95e0 end
            as weight
    from range(getvariable('days')::bigint) as r (day)
),

normalised as (
    select day, calendar_date, weight / (avg(weight) over ()) as weight from shape
)

select day, calendar_date, weight, sum(weight) over (order by day) - weight as demand_before from normalised;

-- The processes below run in demand time (a day of double demand lasts twice as long there). This maps it to the
-- calendar.
set variable calendar_days = (
    with starts as (
        select
            demand_day,
            case when demand_day = getvariable('days') then demand_day::double
                else calendar.day + (demand_day - calendar.demand_before) / calendar.weight
            end as day
        from range(getvariable('days')::bigint + 1) as r (demand_day)
        asof join work.calendar as calendar on r.demand_day >= calendar.demand_before
    )

    select list(day order by demand_day) from starts
);
create macro calendar_day(demand) as
    getvariable('calendar_days')[floor(demand)::bigint + 1] + demand % 1e0 * (
        getvariable('calendar_days')[floor(demand)::bigint + 2] - getvariable('calendar_days')[floor(demand)::bigint + 1]
    );

-- What one unit of a currency is worth in euro: a level, a drift a year, a slow wave and noise.
create table work.rates as
with currencies as (
    from (values
        ('EUR', 1.0, 0.0, 0.0), ('USD', 0.92, -0.02, 0.02), ('GBP', 1.17, 0.0, 0.015),
        ('CHF', 1.04, 0.02, 0.01), ('TRY', 0.031, -0.25, 0.03), ('SEK', 0.088, 0.0, 0.02),
        ('PLN', 0.232, 0.01, 0.015), ('CAD', 0.675, -0.02, 0.02), ('MXN', 0.05, -0.05, 0.03),
        ('BRL', 0.17, -0.05, 0.03), ('JPY', 0.0062, -0.03, 0.02), ('INR', 0.011, -0.03, 0.01),
        ('AUD', 0.60, -0.01, 0.02), ('NZD', 0.56, -0.02, 0.02), ('ZAR', 0.05, -0.02, 0.03),
        ('AED', 0.25, -0.02, 0.02)
    ) as t (currency, level, drift, swing)
)

select
    (getvariable('start_at') + to_days(day::integer))::date as rate_date,
    currency,
    round(
        level::double * exp(
            drift::double * day / 365e0
            + swing::double * sin(day / 40e0 + ascii(currency))
            + 0.1e0 * swing::double * normal('rate', thing(day + 7, ascii(currency) * 31 + ascii(substr(currency, 2))))
        ), 8
    ) as rate_to_base
from range(-7, getvariable('days')::bigint) as r (day), currencies;

create or replace view shop.exchange_rates as from work.rates;
