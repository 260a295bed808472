with

ranked as (
    select
        product_id,
        other_product_id,
        confidence,
        row_number() over (partition by product_id order by confidence desc, other_product_id asc) as companion_rank
    from {{ ref('rpt_product_affinity') }}
    where lift > 1
)

select
    product_id,
    other_product_id,
    confidence,
    cast(companion_rank as bigint) as companion_rank
from ranked
where companion_rank <= {{ var('recommendation_companions') }}
