{# A day without a run counts for nothing; a run in which the rule did not hold ends the wait. #}

with last_runs as (
    select
        audience,
        max(as_of_date) as as_of_date
    from {{ source('state', 'gate_verdicts') }}
    where as_of_date < {{ as_of_date() }}
    group by audience
),

waits as (
    select * from {{ source('state', 'waits') }}
)

select
    waits.audience,
    waits.customer_id,
    waits.matched_days,
    waits.matched_since,
    waits.as_of_date
from waits
inner join last_runs
    on waits.audience = last_runs.audience and waits.as_of_date = last_runs.as_of_date
