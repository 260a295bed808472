{# A row is a customer whose stays in lifecycle stages leave a gap, overlap, repeat a stage, miss the first contact or do not reach the as-of day. #}
with

stays as (
    select
        stages.*,
        lag(exited_at) over (partition by customer_id order by entered_at) as previous_exited_at,
        lag(lifecycle_stage) over (partition by customer_id order by entered_at) as previous_stage,
        lead(entered_at) over (partition by customer_id order by entered_at) as next_entered_at
    from {{ ref('fct_lifecycle_stages') }} as stages
)

select customers.customer_id, stays.entered_at
from {{ ref('dim_customers') }} as customers
left join stays on customers.customer_id = stays.customer_id
where stays.entered_at is null
    or stays.previous_stage = stays.lifecycle_stage
    or stays.exited_at <= stays.entered_at
    or (stays.next_entered_at is null and stays.exited_at is not null)
    or (stays.previous_stage is null and cast(stays.entered_at as date) <> cast(customers.created_at as date))
    or (stays.previous_stage is not null and (stays.previous_exited_at is null or stays.previous_exited_at <> stays.entered_at))
