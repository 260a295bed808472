with

views as (
    select
        *,
        row_number() over (partition by customer_id order by last_viewed_at desc, product_id asc) as view_rank
    from {{ ref('int_products_viewed') }}
),

browses as (
    select * from {{ ref('fct_abandoned_browses') }}
    where browse_rank = 1
)

select
    views.customer_id,
    views.product_id as last_browsed_product_id,
    views.last_viewed_at as last_browsed_at,
    browses.product_id as abandoned_browse_product_id,
    browses.abandoned_at as abandoned_browse_at
from views
left join browses on views.customer_id = browses.customer_id
where views.view_rank = 1
