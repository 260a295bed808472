select
    origin_on,
    repeat_count,
    days_to_last_purchase,
    age_days,
    cast(count(*) as bigint) as customers
from {{ ref('int_purchase_histories_summed') }}
group by origin_on, repeat_count, days_to_last_purchase, age_days
