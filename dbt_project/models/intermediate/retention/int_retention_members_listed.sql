{# A view: two short looks at a table that is there. #}
{{ config(materialized='view') }}

with

customers as (
    select * from {{ ref('int_customers_segmented') }}
)

select
    customer_id,
    'first_purchase_month' as cohort_kind,
    converted_on as day_0,
    {{ month_start('converted_on') }} as cohort_start,
    country,
    acquisition_channel,
    first_product_category
from customers
where converted_on is not null

union all

select
    customer_id,
    'acquisition_month' as cohort_kind,
    acquired_on as day_0,
    {{ month_start('acquired_on') }} as cohort_start,
    country,
    acquisition_channel,
    first_product_category
from customers
where acquired_on is not null
