with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

stages as (
    select * from {{ ref('fct_lifecycle_stages') }}
    where exited_at is null
)

select
    customers.customer_id,
    stages.lifecycle_stage,
    stages.entered_at as lifecycle_stage_entered_at
from customers
left join stages on customers.customer_id = stages.customer_id
