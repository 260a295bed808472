{# Members of the day before who stay today, where room or a slot depends on them; a paused audience keeps everybody. #}

with settings as (
    select * from {{ ref('audience_settings') }}
    where
        (capacity is not null or priority_group is not null)
        and status <> 'retired'
        and coalesce(expires_on >= {{ as_of_date() }}, true)
),

standing as (
    select * from {{ ref('stg_state__memberships') }}
    where exited_at is null
),

stops as (
    select * from {{ ref('audience_stops') }}
    where stop is null
)

select
    standing.audience,
    standing.customer_id,
    settings.priority_group
from standing
inner join settings on standing.audience = settings.audience
left join stops
    on standing.audience = stops.audience and standing.customer_id = stops.customer_id
where settings.status = 'paused' or stops.customer_id is not null
