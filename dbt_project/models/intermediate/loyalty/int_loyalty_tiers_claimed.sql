with

ledger as (
    select * from {{ ref('fct_points_ledger') }}
),

tiers as (
    select * from {{ ref('loyalty_tiers') }}
),

earned_days as (
    select
        customer_id,
        occurred_on,
        cast(extract(year from occurred_on) as bigint) as qualifying_year,
        sum(qualifying_points) as points
    from ledger
    group by 1, 2, 3
),

running as (
    select
        *,
        sum(points) over (
            partition by customer_id, qualifying_year order by occurred_on
            rows between unbounded preceding and current row
        ) as points_so_far,
        sum(points) over (partition by customer_id, qualifying_year) as points_of_year
    from earned_days
),

{# A year that ends with the points keeps the tier through the next one; else it lasts to the end of its own. #}
reached as (
    select
        running.customer_id,
        running.qualifying_year,
        tiers.tier,
        tiers.position,
        tiers.points_from,
        min(running.occurred_on) as starts_on,
        running.qualifying_year
        + case when max(running.points_of_year) >= tiers.points_from then 2 else 1 end as last_year
    from running
    inner join tiers
        on
            running.points_so_far >= tiers.points_from
            or tiers.points_from = 0
    group by 1, 2, 3, 4, 5
),

ended as (
    select
        *,
        case
            when points_from > 0 then cast(cast(last_year as {{ t_text() }}) || '-01-01' as date)
        end as period_ends_on
    from reached
)

select
    customer_id,
    qualifying_year,
    tier,
    position,
    starts_on,
    period_ends_on,
    {{ add_days('period_ends_on', var('loyalty_grace_days')) }} as ends_on
from ended
