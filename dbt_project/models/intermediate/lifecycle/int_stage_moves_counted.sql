with

stages as (
    select * from {{ ref('fct_lifecycle_stages') }}
),

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

{# A stage entered and left in the same month cancels out. #}
moves as (
    select customer_id, lifecycle_stage, {{ month_start('entered_at') }} as period_start, 1 as change
    from stages
    union all
    select customer_id, lifecycle_stage, {{ month_start('exited_at') }} as period_start, -1 as change
    from stages
    where exited_at is not null
),

moved as (
    select
        moves.period_start,
        moves.lifecycle_stage,
        customers.country,
        customers.acquisition_channel,
        customers.first_product_category,
        sum(moves.change) as change
    from moves
    inner join customers on moves.customer_id = customers.customer_id
    group by 1, 2, 3, 4, 5
)

select
    moved.period_start,
    moved.lifecycle_stage,
    segment_kinds.segment_kind,
    {{ segment_value('segment_kinds.segment_kind', 'moved') }} as segment_value,
    cast(sum(moved.change) as bigint) as change
from moved
cross join segment_kinds
group by 1, 2, 3, 4
