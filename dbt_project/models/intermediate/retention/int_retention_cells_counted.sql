with

members as (
    select * from {{ ref('int_retention_members_listed') }}
),

met as (
    select * from {{ ref('int_retention_windows_met') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

{# A cohort's own row, without a window, carries its size. #}
rows_to_count as (
    select
        members.*,
        cast(null as {{ t_text() }}) as retention_kind,
        cast(null as bigint) as day_from,
        cast(null as bigint) as day_to
    from members
    union all
    select
        members.*,
        met.retention_kind,
        met.day_from,
        met.day_to
    from members
    inner join met on members.customer_id = met.customer_id and members.cohort_kind = met.cohort_kind
),

counted as (
    select
        cohort_kind,
        cohort_start,
        retention_kind,
        day_from,
        day_to,
        country,
        acquisition_channel,
        first_product_category,
        count(*) as customers
    from rows_to_count
    group by 1, 2, 3, 4, 5, 6, 7, 8
)

select
    counted.cohort_kind,
    counted.cohort_start,
    counted.retention_kind,
    counted.day_from,
    counted.day_to,
    segment_kinds.segment_kind,
    {{ segment_value('segment_kinds.segment_kind', 'counted') }} as segment_value,
    cast(sum(counted.customers) as bigint) as customers
from counted
cross join segment_kinds
group by 1, 2, 3, 4, 5, 6, 7
