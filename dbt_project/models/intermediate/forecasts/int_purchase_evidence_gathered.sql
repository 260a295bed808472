select
    origin_on,
    cast(customers as {{ t_double() }}) as customers,
    cast(repeat_count as {{ t_double() }}) as repeat_count,
    days_to_last_purchase / 7.0e0 as last_age,
    age_days / 7.0e0 as age,
    0e0 as repeat_number,
    0e0 as customers_at_least,
    0e0 as customers_above
from {{ ref('int_purchase_patterns_counted') }}
union all
select
    origin_on,
    0e0 as customers,
    0e0 as repeat_count,
    0e0 as last_age,
    0e0 as age,
    cast(repeat_number as {{ t_double() }}) as repeat_number,
    cast(customers_at_least as {{ t_double() }}) as customers_at_least,
    cast(customers_above as {{ t_double() }}) as customers_above
from {{ ref('int_repeat_purchases_counted') }}
