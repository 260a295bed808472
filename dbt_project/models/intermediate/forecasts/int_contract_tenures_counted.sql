with

subscriptions as (
    select
        customer_id,
        ended_at,
        coalesce(trial_ended_at, started_at) as contracted_at,
        lead(started_at) over (partition by customer_id order by started_at, subscription_id) as next_started_at
    from {{ ref('stg_shop__subscriptions') }}
),

numbers as (
    select * from {{ ref('int_numbers_listed') }}
),

{# One that ended with its trial was no contract; one that gave way to the customer's next within a day was not lost. #}
contracts as (
    select
        cast(contracted_at as date) as contracted_on,
        coalesce({{ add_days('ended_at', -1) }}, {{ as_of_date() }}) as last_on,
        ended_at is not null and coalesce(next_started_at > {{ add_hours('ended_at', 24) }}, true) as is_lost
    from subscriptions
    where ended_at is null or ended_at > contracted_at
),

{# A month is complete on the day it began on, or on the last of a month that has no such day. #}
tenures as (
    select
        is_lost,
        {{ months_between('contracted_on', 'last_on') }} - case
            when extract(day from last_on) >= extract(day from contracted_on) then 0
            when extract(day from {{ add_days('last_on', 1) }}) = 1 then 0
            else 1
        end as months_kept
    from contracts
),

counted as (
    select
        greatest(months_kept, 0) as months_kept,
        count(*) as subscriptions,
        count(*) filter (where is_lost) as lost_subscriptions
    from tenures
    group by greatest(months_kept, 0)
)

select
    numbers.number as month_number,
    cast(coalesce(sum(counted.subscriptions) filter (where counted.months_kept >= numbers.number), 0) as bigint)
        as kept_subscriptions,
    cast(coalesce(sum(counted.lost_subscriptions) filter (where counted.months_kept = numbers.number - 1), 0) as bigint)
        as lost_subscriptions
from numbers
inner join counted on numbers.number >= 1 and numbers.number - 1 <= counted.months_kept
group by numbers.number
