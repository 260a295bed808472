with

stays as (
    select
        *,
        lag(lifecycle_stage) over (partition by customer_id order by entered_at) as previous_stage
    from {{ ref('fct_lifecycle_stages') }}
)

select
    customer_id,
    max(case when exited_at is null then lifecycle_stage end) as lifecycle_stage,
    max(case when exited_at is null then entered_at end) as entered_at,
    max(case when exited_at is null then previous_stage end) as previous_stage,
    max(case when exited_at is null and lifecycle_stage = 'churned' then entered_at end) as churned_at,
    max(case when lifecycle_stage = 'reactivated' then entered_at end) as reactivated_at,
    cast(sum(case when lifecycle_stage = 'reactivated' then 1 else 0 end) as bigint) as winback_count
from stays
group by customer_id
