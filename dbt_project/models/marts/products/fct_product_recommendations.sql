with

candidates as (
    select * from {{ ref('int_recommendations_filled') }}
),

customers as (
    select
        customer_id,
        lower(split_part(language, '-', 1)) as language
    from {{ ref('dim_customers') }}
),

products as (
    select
        product_id,
        '|' || lower(replace(languages, ' ', '')) || '|' as languages
    from {{ ref('stg_shop__products') }}
),

{# A product has one reason: the best placed. Purchases and views take turns; what is popular comes after both. #}
reasoned as (
    select
        *,
        case when reason = 'popular_in_country' then 1 else 0 end as is_filled,
        row_number() over (
            partition by customer_id, product_id
            order by case when reason = 'popular_in_country' then 1 else 0 end asc, reason_rank asc, reason asc
        ) as product_reason_rank
    from candidates
),

{# No language on either side is taken as a match; en-US is served by en and by en-GB. #}
spoken as (
    select
        reasoned.*,
        customers.language is null
        or coalesce(products.languages, '||') = '||'
        or products.languages like '%|' || customers.language || '|%'
        or products.languages like '%|' || customers.language || '-%' as is_in_language
    from reasoned
    inner join customers on reasoned.customer_id = customers.customer_id
    inner join products on reasoned.product_id = products.product_id
    where reasoned.product_reason_rank = 1
),

placed as (
    select
        spoken.*,
        row_number() over (
            partition by customer_id
            order by
                case when is_in_language then 0 else 1 end asc,
                is_filled asc,
                reason_rank asc,
                reason asc,
                product_id asc
        ) as place
    from spoken
)

select
    customer_id,
    cast(place as bigint) as rank,
    product_id,
    reason,
    is_in_language
from placed
where place <= {{ var('recommendations_per_customer') }}
