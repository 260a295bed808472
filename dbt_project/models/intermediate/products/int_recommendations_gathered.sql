with

owned as (
    select
        *,
        row_number() over (partition by customer_id order by last_ordered_at desc, product_id asc) as bought_rank
    from {{ ref('int_repurchases_dated') }}
),

views as (
    select
        *,
        row_number() over (partition by customer_id order by last_viewed_at desc, product_id asc) as view_rank
    from {{ ref('int_products_viewed') }}
),

companions as (
    select * from {{ ref('int_product_companions_ranked') }}
),

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

offered as (
    select * from {{ ref('int_products_offered') }}
),

candidates as (
    select
        owned.customer_id,
        companions.other_product_id as product_id,
        'also_bought' as reason,
        max(companions.confidence) as strength
    from owned
    inner join companions on owned.product_id = companions.product_id
    where owned.bought_rank <= {{ var('recommendation_seeds') }}
    group by owned.customer_id, companions.other_product_id
    union all
    select
        customer_id,
        product_id,
        'viewed' as reason,
        cast(-view_rank as {{ t_double() }}) as strength
    from views
    where view_rank <= {{ var('recommendation_seeds') }}
),

{# `exists`, because a join would let an engine pair every customer with every product offered first. #}
ranked as (
    select
        candidates.*,
        row_number() over (
            partition by candidates.customer_id, candidates.reason
            order by candidates.strength desc, candidates.product_id asc
        ) as reason_rank
    from candidates
    inner join customers on candidates.customer_id = customers.customer_id
    left join owned
        on
            candidates.customer_id = owned.customer_id
            and candidates.product_id = owned.product_id
    where
        (owned.product_id is null or owned.is_due)
        and exists (
            select 1 from offered
            where
                offered.country = coalesce(customers.country, '(unknown)')
                and offered.product_id = candidates.product_id
        )
)

select
    customer_id,
    product_id,
    reason,
    cast(reason_rank as bigint) as reason_rank
from ranked
where reason_rank <= {{ var('recommendations_per_customer') }}
