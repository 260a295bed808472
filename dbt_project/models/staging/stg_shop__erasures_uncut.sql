{{ config(materialized='view') }}
{# A view without the as-of cut, so that a block counts from the moment its raw row is there (design law 3). An id alone
   will do: a request whose day is missing or is none goes to quarantine, and yet the person is not contacted. #}

select distinct customer_id
from (
    {{ judged_rows('erasures') }}
) as judged
where customer_id is not null
