with

newcomers as (
    select
        *,
        {{ days_between('acquired_on', 'converted_on') }} as days_to_conversion
    from {{ ref('int_customers_segmented') }}
    where acquired_on is not null
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

{# Who bought before giving contact details converted at once. #}
counted as (
    select
        {{ month_start('acquired_on') }} as period_start,
        country,
        acquisition_channel,
        first_product_category,
        count(*) as acquired_customers,
        sum(case when days_to_conversion <= {{ var('first_purchase_days') }} then 1 else 0 end) as converted_customers
    from newcomers
    group by 1, 2, 3, 4
),

segmented as (
    select
        counted.period_start,
        {{ add_days(add_months('counted.period_start', 1), var('first_purchase_days') ~ ' - 1') }}
        <= {{ as_of_date() }} as is_complete,
        segment_kinds.segment_kind,
        {{ segment_value('segment_kinds.segment_kind', 'counted') }} as segment_value,
        sum(counted.acquired_customers) as acquired_customers,
        sum(counted.converted_customers) as converted_customers
    from counted
    cross join segment_kinds
    group by 1, 2, 3, 4
)

select
    period_start,
    segment_kind,
    segment_value,
    is_complete,
    cast(acquired_customers as bigint) as acquired_customers,
    cast(case when is_complete then converted_customers end as bigint) as converted_customers,
    case when is_complete then {{ ratio('converted_customers', 'acquired_customers') }} end as conversion_rate
from segmented
