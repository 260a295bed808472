with

active_months as (
    select * from {{ ref('int_active_months_listed') }}
),

months as (
    select * from {{ ref('int_periods_listed') }}
    where period_kind = 'month'
),

purchases as (
    select
        purchase_days.customer_id,
        purchase_days.purchased_on,
        purchase_days.voided_on,
        months.period_position
    from {{ ref('int_purchase_days_merged') }} as purchase_days
    inner join months on {{ month_start('purchase_days.purchased_on') }} = months.period_start
),

{# Two purchases need no habit. One may be taken back, and the habit with it. #}
habits as (
    select
        earlier.customer_id,
        case when earlier.active_on > later.active_on then earlier.active_on else later.active_on end as starts_on,
        cast(null as date) as ends_on
    from active_months as earlier
    inner join active_months as later
        on
            earlier.customer_id = later.customer_id
            and earlier.period_position + 1 = later.period_position
    union all
    select
        purchases.customer_id,
        case
            when purchases.purchased_on > active_months.active_on then purchases.purchased_on
            else active_months.active_on
        end as starts_on,
        purchases.voided_on as ends_on
    from purchases
    inner join active_months
        on
            purchases.customer_id = active_months.customer_id
            and abs(purchases.period_position - active_months.period_position) = 1
)

select
    customer_id,
    min(starts_on) as starts_on,
    ends_on
from habits
where ends_on is null or ends_on > starts_on
group by customer_id, ends_on
