{# A row means that the people at risk are not the distinct ones of the pains, or fewer than those of one pain. #}
with

people as (
    select count(distinct pains.customer_id) as customers
    from {{ ref('fct_customer_pains') }} as pains
    inner join {{ ref('dim_customers') }} as customers on pains.customer_id = customers.customer_id
    where pains.is_open and not customers.is_deleted and not customers.is_erased
),

reported as (
    select
        max(case when pain_code = 'all' then customers end) as customers,
        max(customers) as largest
    from {{ ref('rpt_value_at_risk') }}
)

select reported.customers
from reported
cross join people
where reported.customers <> people.customers or reported.customers < reported.largest
