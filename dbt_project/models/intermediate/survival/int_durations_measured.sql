with

stages as (
    select * from {{ ref('fct_lifecycle_stages') }}
),

tenures as (
    select * from {{ ref('int_tenures_spanned') }}
),

purchase_days as (
    select * from {{ ref('int_purchase_days_merged') }}
),

{# A tenure that ended because its first purchase was taken back made nobody a customer. #}
first_tenures as (
    select
        tenures.*,
        row_number() over (partition by customer_id order by starts_on) as tenure_number
    from tenures
    where standing = 'customer' and coalesce(left_for, 'none') <> 'acquired'
),

numbered_purchases as (
    select
        customer_id,
        purchased_on,
        lead(purchased_on) over (partition by customer_id order by purchased_on) as next_purchased_on,
        row_number() over (partition by customer_id order by purchased_on) as purchase_number
    from purchase_days
    where voided_on is null
),

spans as (
    select
        'in_stage' as duration_kind,
        lifecycle_stage,
        customer_id,
        cast(entered_at as date) as starts_on,
        cast(exited_at as date) as ends_on
    from stages
    union all
    select
        'to_churn' as duration_kind,
        cast(null as {{ t_text() }}) as lifecycle_stage,
        customer_id,
        starts_on,
        ends_on
    from first_tenures
    where tenure_number = 1
    union all
    select
        'to_second_order' as duration_kind,
        cast(null as {{ t_text() }}) as lifecycle_stage,
        customer_id,
        purchased_on as starts_on,
        next_purchased_on as ends_on
    from numbered_purchases
    where purchase_number = 1
)

{# What lasts was seen for the days up to the as-of day, and is longer than that. #}
select
    duration_kind,
    lifecycle_stage,
    customer_id,
    {{ days_between('starts_on', 'coalesce(ends_on, ' ~ as_of_date() ~ ')') }} as day_number,
    case when ends_on is null then 0 else 1 end as exits
from spans
