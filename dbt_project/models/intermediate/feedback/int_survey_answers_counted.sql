with

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
),

grouped as (
    select
        survey,
        {{ month_start('responded_at') }} as period_start,
        touchpoint,
        language,
        sum(case when is_mapped then 1 else 0 end) as responses,
        sum(case when is_good then 1 else 0 end) as good,
        sum(case when is_mapped then 0 else 1 end) as unmapped
    from answers
    group by 1, 2, 3, 4
),

cuts as (
    select 'all' as cut_kind
    union all
    select 'touchpoint' as cut_kind
    union all
    select 'language' as cut_kind
)

select
    grouped.survey,
    grouped.period_start,
    cuts.cut_kind,
    case cuts.cut_kind when 'touchpoint' then grouped.touchpoint when 'language' then grouped.language else 'all' end
        as cut_value,
    cast(sum(grouped.responses) as bigint) as responses,
    cast(sum(grouped.good) as bigint) as good,
    cast(sum(grouped.unmapped) as bigint) as unmapped
from grouped
cross join cuts
group by 1, 2, 3, 4
