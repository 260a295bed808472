{# A row is a month whose moves between NPS groups do not end in the promoters and detractors of the report. #}
with

moves as (
    select
        period_start,
        sum(people) as responses,
        sum(case when to_group = 'promoter' then people else 0 end) as promoters,
        sum(case when to_group = 'detractor' then people else 0 end) as detractors
    from {{ ref('rpt_nps_migration') }}
    group by period_start
),

scores as (
    select * from {{ ref('rpt_nps') }}
    where segment_kind = 'all'
)

select scores.period_start
from scores
left join moves on scores.period_start = moves.period_start
where moves.responses is null
    or moves.responses <> scores.responses
    or moves.promoters <> scores.promoters
    or moves.detractors <> scores.detractors
