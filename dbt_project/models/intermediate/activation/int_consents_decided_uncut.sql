{{ config(materialized='view') }}
{# A view without the as-of cut, so that a block counts from the moment its raw row is there (design law 3). #}

{{ decided_consents(ref('int_consents_gathered_uncut'), ref('int_refusals_shared_uncut')) }}
