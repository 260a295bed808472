with

orders as (
    select * from {{ ref('fct_orders') }}
    where status in ('completed', 'refunded')
),

categories as (
    select
        customer_id,
        count(*) as category_count,
        max(case when top_rank = 1 then category end) as top_category,
        max(case when last_rank = 1 then category end) as last_category
    from {{ ref('int_customer_categories_ranked') }}
    group by customer_id
),

choices as (
    select
        customer_id,
        max(case when choice = 'payment_method' then chosen end) as preferred_payment_method,
        max(case when choice = 'channel' then chosen end) as preferred_order_channel
    from {{ ref('int_customer_choices_ranked') }}
    where choice_rank = 1
    group by customer_id
),

rhythms as (
    select * from {{ ref('int_customer_rhythms_measured') }}
),

summed as (
    select
        customer_id,
        sum(case when is_counted then 1 else 0 end) as order_count,
        sum(case when is_counted then gross_amount else 0 end) as gross_amount,
        sum(case when is_counted then discount_amount else 0 end) as discount_amount,
        sum(case when is_counted then refunded_amount else 0 end) as refunded_amount,
        sum(case when is_counted then net_amount else 0 end) as net_revenue_amount,
        {{ ratio('sum(case when is_counted and (discount_amount > 0 or coupon_code is not null) then 1 else 0 end)',
            'sum(case when is_counted then 1 else 0 end)') }} as discount_order_share,
        {{ ratio('sum(case when refunded_amount > 0 then 1 else 0 end)', 'count(*)') }} as refund_order_share,
        min(case when is_counted then ordered_at end) as first_ordered_at,
        max(case when is_counted then ordered_at end) as last_ordered_at
    from orders
    group by customer_id
    having sum(case when is_counted then 1 else 0 end) > 0
)

select
    summed.customer_id,
    cast(summed.order_count as bigint) as order_count,
    cast(summed.gross_amount as decimal(18, 4)) as gross_amount,
    cast(summed.discount_amount as decimal(18, 4)) as discount_amount,
    cast(summed.refunded_amount as decimal(18, 4)) as refunded_amount,
    cast(summed.net_revenue_amount as decimal(18, 4)) as net_revenue_amount,
    cast({{ ratio('summed.net_revenue_amount', 'summed.order_count') }} as decimal(18, 4))
        as average_order_value_amount,
    summed.discount_order_share,
    case
        when summed.discount_order_share = 0 then 'never'
        when summed.discount_order_share = 1 then 'always'
        when summed.discount_order_share < {{ var('discount_often_share') }} then 'sometimes'
        else 'often'
    end as discount_dependence,
    summed.refund_order_share,
    summed.first_ordered_at,
    summed.last_ordered_at,
    rhythms.median_gap_days,
    rhythms.expected_gap_days,
    rhythms.expected_next_order_on,
    cast(coalesce(categories.category_count, 0) as bigint) as category_count,
    categories.top_category,
    categories.last_category,
    choices.preferred_payment_method,
    choices.preferred_order_channel
from summed
left join rhythms on summed.customer_id = rhythms.customer_id
left join categories on summed.customer_id = categories.customer_id
left join choices on summed.customer_id = choices.customer_id
