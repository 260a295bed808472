with

models as (
    select * from {{ ref('int_purchase_models_fitted') }}
),

nbd as (
    select * from models
    where model = 'nbd'
),

dropouts as (
    select * from models
    where model = '{{ var('purchase_model') }}'
)

select
    nbd.origin_on,
    case
        when dropouts.is_identified then dropouts.model
        when nbd.is_identified then nbd.model
    end as model,
    dropouts.dropout_offset,
    case when dropouts.is_identified then dropouts.r when nbd.is_identified then nbd.r end as r,
    case when dropouts.is_identified then dropouts.alpha when nbd.is_identified then nbd.alpha end as alpha,
    case when dropouts.is_identified then dropouts.a end as a,
    case when dropouts.is_identified then dropouts.b end as b,
    dropouts.is_identified as is_dropout_identified,
    dropouts.unidentified_reason as dropout_unidentified_reason
from nbd
inner join dropouts on nbd.origin_on = dropouts.origin_on
