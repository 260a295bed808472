with

purchases as (
    select * from {{ ref('int_purchase_gaps_expected') }}
),

changes as (
    select
        customer_id,
        purchased_on as changed_on,
        1 as change
    from purchases
    union all
    select
        customer_id,
        voided_on as changed_on,
        -1 as change
    from purchases
    where voided_on is not null
),

daily as (
    select
        customer_id,
        changed_on,
        sum(change) as change
    from changes
    group by customer_id, changed_on
),

counted as (
    select
        customer_id,
        changed_on,
        lead(changed_on) over (partition by customer_id order by changed_on) as next_changed_on,
        sum(change) over (partition by customer_id order by changed_on rows unbounded preceding) as purchase_days
    from daily
),

{# On a day something was taken back, the last purchase is the last that still stands. #}
reverted as (
    select
        counted.customer_id,
        counted.changed_on,
        max(standing.purchased_on) as purchased_on
    from (select distinct
        customer_id,
        voided_on as changed_on
    from purchases
    where voided_on is not null) as counted
    inner join purchases as standing
        on
            counted.customer_id = standing.customer_id
            and counted.changed_on >= standing.purchased_on
            and (standing.voided_on is null or counted.changed_on < standing.voided_on)
    group by counted.customer_id, counted.changed_on
)

select
    counted.customer_id,
    counted.changed_on,
    counted.next_changed_on,
    cast(counted.purchase_days as bigint) as purchase_days,
    purchases.purchased_on as last_purchased_on,
    purchases.expected_gap_days,
    purchases.at_risk_on,
    purchases.churned_on
from counted
left join reverted
    on
        counted.customer_id = reverted.customer_id
        and counted.changed_on = reverted.changed_on
left join purchases
    on
        counted.customer_id = purchases.customer_id
        and purchases.purchased_on = coalesce(reverted.purchased_on, counted.changed_on)
