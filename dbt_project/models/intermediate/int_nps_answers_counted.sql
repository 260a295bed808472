with

answers as (
    select * from {{ ref('stg_shop__survey_responses') }}
    where survey = 'nps'
),

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

segment_kinds as (
    select * from {{ ref('segment_kinds') }}
),

{# An answer without a person stands for itself. #}
ranked as (
    select
        customer_id,
        score,
        {{ month_start('responded_at') }} as period_start,
        row_number() over (
            partition by
                {{ month_start('responded_at') }},
                customer_id,
                case when customer_id is null then response_id end
            order by responded_at desc, response_id asc
        ) as answer_rank
    from answers
),

latest as (
    select * from ranked
    where answer_rank = 1
)

select
    latest.period_start,
    segment_kinds.segment_kind,
    case
        when segment_kinds.segment_kind = 'all' then 'all'
        else coalesce({{ segment_value('segment_kinds.segment_kind', 'customers') }}, '(unknown)')
    end as segment_value,
    cast(count(*) as bigint) as responses,
    cast(sum(case when latest.score >= 9 then 1 else 0 end) as bigint) as promoters,
    cast(sum(case when latest.score in (7, 8) then 1 else 0 end) as bigint) as passives,
    cast(sum(case when latest.score <= 6 then 1 else 0 end) as bigint) as detractors
from latest
cross join segment_kinds
left join customers on latest.customer_id = customers.customer_id
group by 1, 2, 3
