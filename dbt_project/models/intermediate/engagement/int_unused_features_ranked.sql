with

customers as (
    select customer_id from {{ ref('stg_shop__customers') }}
),

features as (
    select distinct feature from {{ ref('features') }}
    where is_key
),

uses as (
    select distinct
        customer_id,
        feature
    from {{ ref('int_feature_months_counted') }}
),

popular as (
    select
        features.feature,
        count(uses.customer_id) as users
    from features
    left join uses on features.feature = uses.feature
    group by features.feature
)

select
    customers.customer_id,
    popular.feature,
    row_number() over (partition by customers.customer_id order by popular.users desc, popular.feature asc)
        as feature_rank
from customers
cross join popular
left join uses on customers.customer_id = uses.customer_id and popular.feature = uses.feature
where uses.feature is null
