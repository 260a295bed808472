with

usage as (
    select * from {{ ref('int_usage_summed_to_customers') }}
),

sessions as (
    select * from {{ ref('int_sessions_summed_to_customers') }}
),

emails as (
    select * from {{ ref('int_emails_summed_to_customers') }}
),

weights as (
    select * from {{ ref('engagement_weights') }}
),

measured as (
    select
        customer_id,
        'active_days_28d' as component,
        active_days_28d as measure
    from usage
    union all
    select
        customer_id,
        'product_views_7d' as component,
        product_views_7d as measure
    from usage
    union all
    select
        customer_id,
        'sessions_30d' as component,
        sessions_30d as measure
    from sessions
    union all
    select
        customer_id,
        'clicks_90d' as component,
        clicks_90d as measure
    from emails
    union all
    select
        customer_id,
        'human_opens_90d' as component,
        human_opens_90d as measure
    from emails
)

select
    measured.customer_id,
    cast(
        sum(
            100 * weights.weight
            * case when measured.measure >= weights.cap then 1 else {{ ratio('measured.measure', 'weights.cap') }} end
        ) as decimal(7, 4)
    ) as engagement_score
from measured
inner join weights on measured.component = weights.component
where measured.measure > 0
group by measured.customer_id
