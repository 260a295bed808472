with

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

activations as (
    select * from {{ ref('int_activations_dated') }}
)

select
    customer_id,
    'known' as milestone,
    cast(created_at as date) as reached_on
from customers

union all

select
    customer_id,
    'activated' as milestone,
    activated_on as reached_on
from activations
