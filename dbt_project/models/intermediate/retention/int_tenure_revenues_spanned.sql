with

tenures as (
    select * from {{ ref('int_tenures_spanned') }}
),

revenues as (
    select * from {{ ref('int_revenues_spanned') }}
),

{# The part of a revenue's days that lies in a tenure; between tenures it is nobody's revenue. #}
clipped as (
    select
        tenures.customer_id,
        tenures.standing,
        case
            when revenues.starts_on > tenures.starts_on then revenues.starts_on
            else tenures.starts_on
        end as starts_on,
        case
            when revenues.ends_on < tenures.ends_on then revenues.ends_on
            else coalesce(tenures.ends_on, revenues.ends_on)
        end as ends_on,
        tenures.ends_on as left_on,
        tenures.left_for,
        revenues.revenue_amount
    from tenures
    inner join revenues on tenures.customer_id = revenues.customer_id
    where
        tenures.standing = 'customer'
        and (tenures.ends_on is null or revenues.starts_on < tenures.ends_on)
        and (revenues.ends_on is null or revenues.ends_on > tenures.starts_on)
)

select
    customer_id,
    standing,
    starts_on,
    ends_on,
    ends_on as left_on,
    left_for,
    1 as customers,
    cast(0 as decimal(18, 4)) as revenue_amount
from tenures

union all

select
    customer_id,
    standing,
    starts_on,
    ends_on,
    left_on,
    left_for,
    0 as customers,
    revenue_amount
from clipped
