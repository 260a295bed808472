with

experiences as (
    select * from {{ ref('int_bad_experiences_gathered') }}
),

{# The oldest unresolved experience first; of resolved ones the latest. #}
ranked as (
    select
        experiences.*,
        row_number() over (
            partition by customer_id, pain_code
            order by
                case when ended_at is null then 0 else 1 end asc,
                case when ended_at is null then happened_at end asc nulls last,
                happened_at desc,
                source asc,
                source_id asc
        ) as experience_rank,
        count(*) over (partition by customer_id, pain_code) as experience_count,
        max(happened_at) over (partition by customer_id, pain_code) as last_happened_at
    from experiences
)

select
    customer_id,
    pain_code,
    source,
    happened_at as since,
    ended_at is null as is_open,
    last_happened_at,
    cast(experience_count as bigint) as experience_count
from ranked
where experience_rank = 1
