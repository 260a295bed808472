{{ config(materialized='view') }}
{# A view without the as-of cut: a request to be forgotten counts at once (design law 3). #}

select
    customer_id,
    requested_at
from {{ source('state', 'erasures') }}
