{# A row is a lifecycle stage in which a customer is or was, and which the seed does not place in the funnel. #}
select distinct stages.lifecycle_stage
from {{ ref('fct_lifecycle_stages') }} as stages
left join {{ ref('lifecycle_stages') }} as named
    on stages.lifecycle_stage = named.lifecycle_stage and named.has_contact
where named.funnel_stage is null
