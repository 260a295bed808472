with

balances as (
    select * from {{ ref('int_tenure_balances_struck') }}
),

exits as (
    select * from {{ ref('int_tenure_exits_counted') }}
),

moved as (
    select
        period_kind,
        period_start,
        segment_kind,
        segment_value,
        sum(case when left_for = 'churned' then customers else 0 end) as churned_customers,
        sum(case when left_for = 'churned' then revenue_amount else 0 end) as churned_revenue_amount,
        sum(case when left_for = 'reactivated' then customers else 0 end) as resurrected_customers
    from exits
    group by period_kind, period_start, segment_kind, segment_value
),

joined as (
    select
        balances.*,
        case when balances.is_complete then coalesce(moved.churned_customers, 0) end as churned_customers,
        case when balances.is_complete then coalesce(moved.churned_revenue_amount, 0) end as churned_revenue_amount,
        case when balances.is_complete then coalesce(moved.resurrected_customers, 0) end as resurrected_customers
    from balances
    left join moved
        on
            balances.period_kind = moved.period_kind
            and balances.period_start = moved.period_start
            and balances.segment_kind = moved.segment_kind
            and balances.segment_value = moved.segment_value
)

select
    period_kind,
    period_start,
    segment_kind,
    segment_value,
    is_complete,
    customers_at_start,
    cast(churned_customers as bigint) as churned_customers,
    {{ ratio('churned_customers', 'customers_at_start') }} as churn_rate,
    revenue_at_start_amount,
    cast(churned_revenue_amount as decimal(18, 4)) as churned_revenue_amount,
    {{ ratio('churned_revenue_amount', 'revenue_at_start_amount') }} as revenue_churn_rate,
    lost_customers_at_start,
    cast(resurrected_customers as bigint) as resurrected_customers,
    {{ ratio('resurrected_customers', 'lost_customers_at_start') }} as resurrection_rate
from joined
