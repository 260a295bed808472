with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

discounts as (
    select * from {{ ref('int_discounts_judged') }}
),

actions as (
    select * from {{ ref('int_churn_actions_chosen') }}
)

select
    customers.customer_id,
    cast(coalesce(discounts.discount_saved_amount, 0) as decimal(18, 4)) as discount_saved_amount,
    discounts.days_since_last_discount,
    discounts.margin_share,
    coalesce(discounts.is_discount_allowed, true) as is_discount_allowed,
    actions.action as recommended_action
from customers
left join discounts on customers.customer_id = discounts.customer_id
left join actions on customers.customer_id = actions.customer_id
