with

{# One answer a person and month; an answer without a person has none before it. #}
answers as (
    select * from {{ ref('int_nps_answers_attributed') }}
    where is_latest_of_month
),

paired as (
    select
        period_start,
        coalesce(lag(nps_group) over (
            partition by customer_id, case when customer_id is null then response_id end order by period_start
        ), 'none') as from_group,
        nps_group as to_group
    from answers
),

counted as (
    select
        period_start,
        from_group,
        to_group,
        count(*) as people
    from paired
    group by period_start, from_group, to_group
)

select
    period_start,
    from_group,
    to_group,
    cast(people as bigint) as people,
    {{ ratio('people', 'sum(people) over (partition by period_start, from_group)') }} as share_of_from_group,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
from counted
