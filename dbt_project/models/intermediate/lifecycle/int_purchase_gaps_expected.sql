with

purchases as (
    select * from {{ ref('int_purchase_days_merged') }}
),

gaps as (
    select * from {{ ref('int_purchase_gaps_measured') }}
),

population_gaps as (
    select * from {{ ref('int_population_gaps_tracked') }}
),

{# Only what was known on the day of the purchase: gaps between purchases that stood by then. #}
own_gaps as (
    select
        purchases.customer_id,
        purchases.purchased_on,
        count(*) as gap_count,
        percentile_cont(0.5) within group (order by cast(gaps.gap_days as {{ t_double() }})) as median_gap_days
    from purchases
    inner join gaps
        on
            purchases.customer_id = gaps.customer_id
            and gaps.purchase_number
            between purchases.purchase_number - {{ var('gap_history') }} + 1 and purchases.purchase_number
            and purchases.purchased_on >= gaps.known_on
            and (gaps.gone_on is null or purchases.purchased_on < gaps.gone_on)
    group by purchases.customer_id, purchases.purchased_on
),

weighed as (
    select
        purchases.customer_id,
        purchases.purchased_on,
        purchases.voided_on,
        cast(coalesce(own_gaps.gap_count, 0) as {{ t_double() }}) as own_weight,
        coalesce(own_gaps.median_gap_days, 0) as own_gap_days,
        cast({{ var('gap_prior_weight') }} as {{ t_double() }}) as prior_weight,
        cast(
            coalesce(population_gaps.median_gap_days, {{ var('gap_default_days') }}) as {{ t_double() }}
        ) as prior_gap_days
    from purchases
    left join own_gaps
        on
            purchases.customer_id = own_gaps.customer_id
            and purchases.purchased_on = own_gaps.purchased_on
    left join population_gaps on purchases.purchased_on = population_gaps.day
),

shrunk as (
    select
        weighed.*,
        (own_weight * own_gap_days + prior_weight * prior_gap_days) / (own_weight + prior_weight) as shrunk_gap_days
    from weighed
),

expected as (
    select
        shrunk.*,
        case
            when shrunk_gap_days < {{ var('gap_floor_days') }} then {{ var('gap_floor_days') }}
            when shrunk_gap_days > {{ var('gap_cap_days') }} then {{ var('gap_cap_days') }}
            else shrunk_gap_days
        end as expected_gap_days
    from shrunk
)

select
    customer_id,
    purchased_on,
    voided_on,
    cast(expected_gap_days as {{ t_double() }}) as expected_gap_days,
    {{ add_days('purchased_on', 'floor(' ~ var('at_risk_gaps') ~ ' * expected_gap_days) + 1') }} as at_risk_on,
    {{ add_days('purchased_on', 'floor(' ~ var('churned_gaps') ~ ' * expected_gap_days) + 1') }} as churned_on
from expected
