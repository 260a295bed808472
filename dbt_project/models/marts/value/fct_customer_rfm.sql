{% set cuts = var('rfm_frequency_cuts') %}
with

order_sums as (
    select * from {{ ref('int_orders_summed_to_customers') }}
),

orders as (
    select * from {{ ref('int_orders_netted_of_refunds') }}
    where is_counted and {{ days_between('ordered_on', as_of_date()) }} <= {{ var('rfm_lookback_days') }}
),

segments as (
    select * from {{ ref('rfm_segments') }}
),

recent as (
    select
        customer_id,
        count(*) as frequency,
        sum(net_amount) as monetary_amount
    from orders
    group by customer_id
),

measured as (
    select
        order_sums.customer_id,
        order_sums.days_since_last_order as recency_days,
        cast(coalesce(recent.frequency, 0) as bigint) as frequency,
        cast(coalesce(recent.monetary_amount, 0) as decimal(18, 4)) as monetary_amount
    from order_sums
    left join recent on order_sums.customer_id = recent.customer_id
),

{# Fifths by rank from the worst; customers with equal values share the rank, so they share the score. #}
ranked as (
    select
        measured.*,
        rank() over (order by recency_days desc) as recency_rank,
        rank() over (order by monetary_amount) as monetary_rank,
        count(*) over () as customer_count
    from measured
),

scored as (
    select
        ranked.*,
        cast(1 + floor({{ ratio('5 * (recency_rank - 1)', 'customer_count') }}) as bigint) as r_score,
        cast(
            case
                when frequency >= {{ cuts[3] }} then 5
                when frequency >= {{ cuts[2] }} then 4
                when frequency >= {{ cuts[1] }} then 3
                when frequency >= {{ cuts[0] }} then 2
                else 1
            end as bigint
        ) as f_score,
        cast(1 + floor({{ ratio('5 * (monetary_rank - 1)', 'customer_count') }}) as bigint) as m_score
    from ranked
)

select
    scored.customer_id,
    scored.recency_days,
    scored.frequency,
    scored.monetary_amount,
    scored.r_score,
    scored.f_score,
    scored.m_score,
    segments.rfm_segment
from scored
inner join segments
    on
        scored.r_score = segments.r_score
        and floor({{ ratio('scored.f_score + scored.m_score + 1', '2') }}) = segments.fm_score
