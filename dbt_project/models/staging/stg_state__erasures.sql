{{ config(materialized='view') }}
{# A view without the as-of cut: who was forgotten stays forgotten, also on earlier days (design law 3). #}

select
    hash_key,
    customer_hash,
    requested_at
from {{ source('state', 'erasures') }}
