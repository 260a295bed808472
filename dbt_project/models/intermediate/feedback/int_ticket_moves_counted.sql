with

tickets as (
    select * from {{ ref('int_tickets_coded') }}
),

moves as (
    select
        {{ month_start('opened_at') }} as period_start,
        pain_code,
        1 as opened,
        0 as closed
    from tickets
    union all
    select
        {{ month_start('closed_at') }} as period_start,
        pain_code,
        0 as opened,
        1 as closed
    from tickets
    where closed_at is not null
),

cuts as (
    select
        *,
        pain_code as pain_cut
    from moves
    union all
    select
        *,
        'all' as pain_cut
    from moves
)

select
    period_start,
    pain_cut as pain_code,
    cast(sum(opened) as bigint) as opened,
    cast(sum(closed) as bigint) as closed
from cuts
group by period_start, pain_cut
