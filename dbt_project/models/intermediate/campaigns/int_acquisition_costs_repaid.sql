with

spend as (
    select * from {{ ref('int_ad_spend_summed') }}
),

cohorts as (
    select
        cohort_start as period_start,
        segment_value as channel,
        period_number,
        revenue_amount
    from {{ ref('int_cohort_cells_counted') }}
    where
        cohort_kind = 'first_purchase_month'
        and segment_kind = 'acquisition_channel'
        and period_number is not null
),

cumulated as (
    select
        *,
        sum(revenue_amount) over (
            partition by period_start, channel order by period_number
            rows between unbounded preceding and current row
        ) as revenue_so_far
    from cohorts
)

select
    cumulated.period_start,
    cumulated.channel,
    cast(sum(cumulated.revenue_amount) as decimal(18, 4)) as revenue_amount,
    cast(
        min(case when cumulated.revenue_so_far >= spend.cost_amount then cumulated.period_number end) as bigint
    ) as payback_months
from cumulated
left join spend
    on
        cumulated.period_start = spend.period_start
        and cumulated.channel = spend.channel
group by cumulated.period_start, cumulated.channel
