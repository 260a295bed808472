with

tickets as (
    select * from {{ ref('int_tickets_coded') }}
),

cuts as (
    select
        tickets.*,
        'all' as pain_cut
    from tickets
    union all
    select
        tickets.*,
        tickets.pain_code as pain_cut
    from tickets
),

{# A ticket still open took longer than all closed ones; one closed without a time says nothing. #}
ranked as (
    select
        {{ month_start('opened_at') }} as period_start,
        pain_cut,
        hours_to_close,
        row_number() over (
            partition by {{ month_start('opened_at') }}, pain_cut order by hours_to_close nulls last, ticket_id
        ) as duration_rank,
        count(*) over (partition by {{ month_start('opened_at') }}, pain_cut) as ticket_count
    from cuts
    where is_open or hours_to_close is not null
),

{# The one in the middle, or the two of an even count. #}
middle as (
    select * from ranked
    where 2 * duration_rank between ticket_count and ticket_count + 2
)

select
    period_start,
    pain_cut as pain_code,
    case when count(*) = count(hours_to_close) then avg(hours_to_close) end as median_hours_to_close
from middle
group by period_start, pain_cut
