with

spend as (
    select * from {{ ref('int_ad_spend_summed') }}
),

acquisitions as (
    select * from {{ ref('int_acquisitions_counted') }}
),

repaid as (
    select * from {{ ref('int_acquisition_costs_repaid') }}
),

joined as (
    select
        coalesce(spend.period_start, acquisitions.period_start) as period_start,
        coalesce(spend.channel, acquisitions.channel) as channel,
        spend.impressions,
        spend.clicks,
        spend.cost_amount,
        coalesce(spend.rows_without_cost, 0) as rows_without_cost,
        coalesce(acquisitions.new_contacts, 0) as new_contacts,
        coalesce(acquisitions.new_customers, 0) as new_customers
    from spend
    full outer join acquisitions
        on
            spend.period_start = acquisitions.period_start
            and spend.channel = acquisitions.channel
)

select
    joined.period_start,
    joined.channel,
    {{ add_months('joined.period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete,
    joined.impressions,
    joined.clicks,
    joined.cost_amount,
    joined.rows_without_cost,
    joined.new_contacts,
    joined.new_customers,
    {{ ratio('joined.clicks', 'joined.impressions') }} as click_through_rate,
    cast({{ ratio('joined.cost_amount', 'joined.clicks') }} as decimal(18, 4)) as cost_per_click_amount,
    cast({{ ratio('joined.cost_amount', 'joined.new_contacts') }} as decimal(18, 4)) as cost_per_contact_amount,
    cast({{ ratio('joined.cost_amount', 'joined.new_customers') }} as decimal(18, 4)) as cost_per_acquisition_amount,
    cast(coalesce(repaid.revenue_amount, 0) as decimal(18, 4)) as revenue_amount,
    {{ ratio('coalesce(repaid.revenue_amount, 0)', 'joined.cost_amount') }} as value_to_cost,
    repaid.payback_months
from joined
left join repaid
    on
        joined.period_start = repaid.period_start
        and joined.channel = repaid.channel
