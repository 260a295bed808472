with

histories as (
    select
        origin_on,
        sum(purchased_amount) as purchased_amount,
        sum(repeat_count + 1) as purchases
    from {{ ref('int_purchase_histories_summed') }}
    group by origin_on
),

models as (
    select * from {{ ref('int_spend_models_fitted') }}
    where is_identified and q > 1
)

select
    histories.origin_on,
    case when models.origin_on is null then 'mean_of_all' else 'gamma_gamma' end as order_value_basis,
    models.p,
    models.q,
    models.v,
    greatest({{ ratio('histories.purchased_amount', 'histories.purchases') }}, 0e0) as mean_purchase_amount
from histories
left join models on histories.origin_on = models.origin_on
