{# A row is a survey of which the answers, mapped or not, are not all in its report, or whose touchpoints do not add up to all. #}
with

answers as (
    select survey, count(*) as answers
    from {{ ref('stg_shop__survey_responses') }}
    where survey in ('csat', 'ces')
    group by survey
),

reported as (
    select 'csat' as survey, touchpoint = 'all' as is_all, sum(responses + unmapped) as answers
    from {{ ref('rpt_csat') }}
    group by 1, 2
    union all
    select 'csat' as survey, language = 'all' as is_all, sum(responses + unmapped) as answers
    from {{ ref('rpt_csat_by_language') }}
    group by 1, 2
    union all
    select 'ces' as survey, touchpoint = 'all' as is_all, sum(responses + unmapped) as answers
    from {{ ref('rpt_ces') }}
    group by 1, 2
)

select answers.survey, reported.is_all
from answers
left join reported on answers.survey = reported.survey
where reported.answers is null or reported.answers <> answers.answers
