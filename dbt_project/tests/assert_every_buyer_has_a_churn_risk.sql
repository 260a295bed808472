{# A row is a customer with a standing purchase on the as-of day who is left out, or scored by a subscription. #}
select histories.customer_id
from {{ ref('int_purchase_histories_summed') }} as histories
left join {{ ref('fct_churn_risk') }} as risks
    on histories.customer_id = risks.customer_id and risks.score_method <> 'subscription'
where histories.origin_on = {{ as_of_date() }} and risks.customer_id is null
