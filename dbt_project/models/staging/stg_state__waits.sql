{# A day without a run counts for nothing; a run in which the rule did not hold ends the wait. The row without a person
   that every run writes for an audience tells of a run in which nobody waited. #}

with waits as (
    select * from {{ source('state', 'waits') }}
    where as_of_date < {{ as_of_date() }}
),

last_runs as (
    select
        audience,
        max(as_of_date) as as_of_date
    from waits
    group by audience
)

select
    waits.audience,
    waits.customer_id,
    waits.matched_days,
    waits.as_of_date
from waits
inner join last_runs
    on waits.audience = last_runs.audience and waits.as_of_date = last_runs.as_of_date
where waits.customer_id is not null
