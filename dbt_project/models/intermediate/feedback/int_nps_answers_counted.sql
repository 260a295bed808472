with

answers as (
    select * from {{ ref('int_nps_answers_attributed') }}
),

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

segment_kinds as (
    select segment_kind from {{ ref('segment_kinds') }}
    union all
    select 'lifecycle_stage' as segment_kind
),

countings as (
    select 'latest_answers' as counting
    union all
    select 'all_answers' as counting
),

grouped as (
    select
        countings.counting,
        answers.period_start,
        coalesce(customers.country, '(unknown)') as country,
        coalesce(customers.acquisition_channel, '(unknown)') as acquisition_channel,
        coalesce(customers.first_product_category, '(unknown)') as first_product_category,
        answers.lifecycle_stage,
        count(*) as responses,
        sum(case when answers.nps_group = 'promoter' then 1 else 0 end) as promoters,
        sum(case when answers.nps_group = 'passive' then 1 else 0 end) as passives,
        sum(case when answers.nps_group = 'detractor' then 1 else 0 end) as detractors
    from answers
    cross join countings
    left join customers on answers.customer_id = customers.customer_id
    where countings.counting = 'all_answers' or answers.is_latest_of_month
    group by 1, 2, 3, 4, 5, 6
)

select
    grouped.counting,
    grouped.period_start,
    segment_kinds.segment_kind,
    case
        when segment_kinds.segment_kind = 'lifecycle_stage' then grouped.lifecycle_stage
        else {{ segment_value('segment_kinds.segment_kind', 'grouped') }}
    end as segment_value,
    cast(sum(grouped.responses) as bigint) as responses,
    cast(sum(grouped.promoters) as bigint) as promoters,
    cast(sum(grouped.passives) as bigint) as passives,
    cast(sum(grouped.detractors) as bigint) as detractors
from grouped
cross join segment_kinds
group by 1, 2, 3, 4
