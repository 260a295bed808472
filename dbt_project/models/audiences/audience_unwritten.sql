{# Who cannot be sent what the audience sends. Arms may send different contents: whom one of them lacks a text for is
   left out of all, so that the arms reach the same kind of people. #}

with candidates as (
    select * from {{ ref('audience_candidates') }}
),

missing as (
    select * from {{ ref('audience_contents') }}
    where content_locale is null
),

traits as (
    select
        customer_id,
        coalesce(language, '') as language,
        coalesce(country, '') as country
    from {{ ref('customer_traits') }}
)

select distinct
    candidates.audience,
    candidates.customer_id
from candidates
inner join traits on candidates.customer_id = traits.customer_id
inner join missing
    on
        candidates.audience = missing.audience
        and traits.language = missing.language
        and traits.country = missing.country
