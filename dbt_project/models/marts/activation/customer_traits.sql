{#
  Each block holds one row a customer, and a trait's rule stands in its block. `using` merges the key, so that a trait is named in its block
  and in the contract, and nowhere else.
#}
-- noqa: disable=ST07,RF02
with

customers as (
    select
        {{ as_of_date() }} as as_of_date,
        customer_id,
        email,
        phone,
        first_name,
        last_name,
        birth_date,
        gender,
        country,
        region,
        city,
        language,
        timezone,
        acquisition_channel,
        account_id,
        created_at
    from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
)

select *
from customers
inner join {{ ref('int_profile_traits_gathered') }} using (customer_id)
inner join {{ ref('int_lifecycle_traits_gathered') }} using (customer_id)
inner join {{ ref('int_purchase_traits_gathered') }} using (customer_id)
inner join {{ ref('int_feedback_traits_gathered') }} using (customer_id)
inner join {{ ref('int_engagement_traits_gathered') }} using (customer_id)
inner join {{ ref('int_program_traits_gathered') }} using (customer_id)
inner join {{ ref('int_service_traits_gathered') }} using (customer_id)
inner join {{ ref('int_support_traits_gathered') }} using (customer_id)
inner join {{ ref('int_product_traits_gathered') }} using (customer_id)
inner join {{ ref('int_forecast_traits_gathered') }} using (customer_id)
inner join {{ ref('int_offer_traits_gathered') }} using (customer_id)
