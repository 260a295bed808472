with

states as (
    select * from {{ ref('int_purchase_states_tracked') }}
    where next_changed_on is null and last_purchased_on is not null
),

gaps as (
    select
        customer_id,
        percentile_cont(0.5) within group (order by cast(gap_days as {{ t_double() }})) as median_gap_days
    from {{ ref('int_purchase_gaps_measured') }}
    where gone_on is null
    group by customer_id
)

select
    states.customer_id,
    gaps.median_gap_days,
    states.expected_gap_days,
    {{ add_days('states.last_purchased_on', 'floor(states.expected_gap_days + 0.5)') }} as expected_next_order_on
from states
left join gaps on states.customer_id = gaps.customer_id
