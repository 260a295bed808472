with

moves as (
    select * from {{ ref('int_ticket_moves_counted') }}
),

timed as (
    select * from {{ ref('int_tickets_timed') }}
),

periods as (
    select * from {{ ref('int_periods_listed') }}
    where period_kind = 'month'
),

months as (
    select period_start from periods
    union
    select period_start from moves
),

{# Every pain has a row in every month, so that a backlog nobody works on stays in sight. #}
grid as (
    select
        months.period_start,
        codes.pain_code
    from months
    cross join (select distinct pain_code from moves) as codes
)

select
    grid.period_start,
    grid.pain_code,
    coalesce(moves.opened, 0) as opened,
    coalesce(moves.closed, 0) as closed,
    timed.median_hours_to_close,
    cast(
        sum(coalesce(moves.opened, 0) - coalesce(moves.closed, 0)) over (
            partition by grid.pain_code order by grid.period_start rows unbounded preceding
        ) as bigint
    ) as backlog,
    {{ add_months('grid.period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
from grid
left join moves
    on
        grid.period_start = moves.period_start
        and grid.pain_code = moves.pain_code
left join timed
    on
        grid.period_start = timed.period_start
        and grid.pain_code = timed.pain_code
