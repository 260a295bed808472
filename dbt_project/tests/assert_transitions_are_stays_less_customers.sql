{# A row means that changes of stage are not the stays less the customers: every stay but the first of a customer is one change. #}
with

stays as (
    select count(*) - count(distinct customer_id) as expected from {{ ref('fct_lifecycle_stages') }}
),

changes as (
    select count(*) as found from {{ ref('fct_lifecycle_transitions') }}
),

reported as (
    select coalesce(sum(transitions), 0) as found from {{ ref('int_stage_changes_counted') }}
    where segment_kind = 'all'
)

select stays.expected, changes.found, reported.found as reported
from stays
cross join changes
cross join reported
where stays.expected <> changes.found or stays.expected <> reported.found
