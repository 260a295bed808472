{{ config(materialized='view') }}
{# A view without the as-of cut, so that a block counts from the moment its raw row is there (design law 3). #}

{{ shared_refusals(ref('int_consents_gathered_uncut')) }}
