{# A row is a recommendation of a product that cannot be bought in the customer's country, or that the customer owns and is not due for. #}
select
    recommendations.customer_id,
    recommendations.product_id
from {{ ref('fct_product_recommendations') }} as recommendations
inner join {{ ref('dim_customers') }} as customers on recommendations.customer_id = customers.customer_id
left join {{ ref('int_products_offered') }} as offered
    on
        coalesce(customers.country, '(unknown)') = offered.country
        and recommendations.product_id = offered.product_id
left join {{ ref('int_repurchases_dated') }} as owned
    on
        recommendations.customer_id = owned.customer_id
        and recommendations.product_id = owned.product_id
where offered.product_id is null or not coalesce(owned.is_due, true)
