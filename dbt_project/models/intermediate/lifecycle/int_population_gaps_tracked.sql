with

{# A gap longer than the cap counts as the cap: no expected gap can be longer, and the table stays small. #}
gaps as (
    select
        known_on,
        gone_on,
        case when gap_days > {{ var('gap_cap_days') }} then {{ var('gap_cap_days') }} else gap_days end as gap_days
    from {{ ref('int_purchase_gaps_measured') }}
),

changes as (
    select
        known_on as day,
        gap_days,
        count(*) as change
    from gaps
    group by known_on, gap_days
    union all
    select
        gone_on as day,
        gap_days,
        -count(*) as change
    from gaps
    where gone_on is not null
    group by gone_on, gap_days
),

daily as (
    select
        day,
        gap_days,
        sum(change) as change
    from changes
    group by day, gap_days
),

grid as (
    select
        days.day,
        lengths.gap_days
    from (
        select distinct purchased_on as day from {{ ref('int_purchase_days_merged') }}
        union
        select day from changes
    ) as days
    cross join (select distinct gap_days from changes) as lengths
),

known as (
    select
        grid.day,
        grid.gap_days,
        sum(coalesce(daily.change, 0)) over (
            partition by grid.gap_days order by grid.day rows unbounded preceding
        ) as gap_count
    from grid
    left join daily on grid.day = daily.day and grid.gap_days = daily.gap_days
),

ranked as (
    select
        day,
        gap_days,
        sum(gap_count) over (partition by day order by gap_days rows unbounded preceding) as gaps_up_to,
        sum(gap_count) over (partition by day) as gaps_known
    from known
)

select
    day,
    cast(min(gap_days) as bigint) as median_gap_days
from ranked
where gaps_known > 0 and 2 * gaps_up_to >= gaps_known
group by day
