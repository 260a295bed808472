with

margins as (
    select * from {{ ref('int_order_margins_summed_to_customers') }}
),

purchases as (
    select * from {{ ref('fct_customer_purchases') }}
)

select
    purchases.customer_id,
    margins.discount_saved_amount,
    {{ days_between('margins.last_discounted_at', as_of_date()) }} as days_since_last_discount,
    margins.margin_share,
    purchases.discount_dependence not in ('often', 'always')
    and coalesce(margins.margin_share >= {{ var('discount_min_margin_share') }}, true) as is_discount_allowed
from purchases
inner join margins on purchases.customer_id = margins.customer_id
