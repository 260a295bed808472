{{ config(materialized='view') }}
{# A view without the as-of cut: a request to be forgotten counts at once (design law 3). #}

select customer_id from {{ ref('stg_shop__erasures_uncut') }}

union

{{ forgotten_people(ref('dim_customers'), ref('stg_state__erasures')) }}
