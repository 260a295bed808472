{{ config(materialized='view') }}
{# A view without the as-of cut, so that a block counts from the moment its raw row is there (design law 3). #}

with current_rows as (
    {{ current_rows('message_events', cut=false) }}
)

select * from current_rows
