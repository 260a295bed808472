with

numbers as (
    select * from {{ ref('int_numbers_listed') }}
),

counts as (
    select
        origin_on,
        repeat_count,
        sum(customers) as customers
    from {{ ref('int_purchase_patterns_counted') }}
    group by origin_on, repeat_count
),

reached as (
    select
        origin_on,
        repeat_count,
        sum(customers) over (partition by origin_on order by repeat_count desc) as customers_at_least,
        sum(customers) over (partition by origin_on order by repeat_count desc) - customers as customers_above,
        lag(repeat_count) over (partition by origin_on order by repeat_count) as fewer_repeats
    from counts
)

{# A number nobody's count is equal to is reached, and passed, by those of the next count above it. #}
select
    reached.origin_on,
    numbers.number as repeat_number,
    cast(reached.customers_at_least as bigint) as customers_at_least,
    cast(
        case when numbers.number = reached.repeat_count then reached.customers_above else reached.customers_at_least end
        as bigint
    ) as customers_above
from reached
inner join numbers
    on
        reached.repeat_count >= numbers.number
        and coalesce(reached.fewer_repeats, -1) < numbers.number
