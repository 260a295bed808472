{{ config(materialized='view') }}
{# A view without the as-of cut, so that a block counts from the moment its raw row is there (design law 3). #}

{{ gathered_consents(ref('stg_shop__consents_uncut'), ref('stg_shop__message_events_uncut')) }}
