with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

personal as (
    select * from {{ ref('int_recommendations_gathered') }}
),

owned as (
    select * from {{ ref('int_repurchases_dated') }}
),

popular as (
    select * from {{ ref('rpt_popular_products') }}
),

counts as (
    select
        customer_id,
        count(*) as products,
        max(reason_rank) as longest_list
    from (
        select
            customer_id,
            0 as reason_rank
        from owned
        union all
        select
            customer_id,
            reason_rank
        from personal
    ) as products
    group by customer_id
),

{# Enough of the popular ones to fill the list also when the first of them are owned or recommended already. #}
fill as (
    select
        customers.customer_id,
        popular.product_id,
        popular.rank
    from customers
    left join counts on customers.customer_id = counts.customer_id
    inner join popular on coalesce(customers.country, '(unknown)') = popular.country
    where
        popular.rank <= {{ var('recommendations_per_customer') }} + coalesce(counts.products, 0)
        and coalesce(counts.longest_list, 0) < {{ var('recommendations_per_customer') }}
)

select
    personal.customer_id,
    personal.product_id,
    personal.reason,
    personal.reason_rank
from personal
inner join customers on personal.customer_id = customers.customer_id

union all

select
    fill.customer_id,
    fill.product_id,
    'popular_in_country' as reason,
    fill.rank as reason_rank
from fill
left join owned
    on
        fill.customer_id = owned.customer_id
        and fill.product_id = owned.product_id
where owned.product_id is null or owned.is_due
