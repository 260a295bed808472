with

reviews as (
    select * from {{ ref('stg_shop__reviews') }}
),

products as (
    select * from {{ ref('stg_shop__products') }}
),

order_counts as (
    select * from {{ ref('int_order_categories_counted') }}
),

categorised as (
    select
        {{ month_start('reviews.reviewed_at') }} as period_start,
        coalesce(products.category, '(unknown)') as product_category,
        count(*) as review_count,
        sum(reviews.rating) as stars
    from reviews
    left join products on reviews.product_id = products.product_id
    group by 1, 2
),

stacked as (
    select
        period_start,
        product_category,
        review_count,
        stars,
        0 as order_count
    from categorised
    union all
    select
        period_start,
        'all' as product_category,
        review_count,
        stars,
        0 as order_count
    from categorised
    union all
    select
        period_start,
        product_category,
        0 as review_count,
        0 as stars,
        order_count
    from order_counts
),

summed as (
    select
        period_start,
        product_category,
        cast(sum(review_count) as bigint) as review_count,
        {{ ratio('sum(stars)', 'sum(review_count)') }} as average_rating,
        cast(sum(order_count) as bigint) as order_count,
        {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
    from stacked
    group by 1, 2
)

select
    period_start,
    product_category,
    review_count,
    average_rating,
    order_count,
    case when is_complete then {{ ratio('review_count', 'order_count') }} end as review_rate,
    is_complete
from summed
