with

risks as (
    select * from {{ ref('fct_churn_risk') }}
    where churn_risk_band in ('medium', 'high')
),

customer_values as (
    select * from {{ ref('fct_customer_value') }}
),

pains as (
    select * from {{ ref('int_pains_summed_to_customers') }}
),

discounts as (
    select * from {{ ref('int_discounts_judged') }}
),

rules as (
    select * from {{ ref('churn_actions') }}
),

people as (
    select
        risks.customer_id,
        risks.risk_driver_1_code as churn_driver,
        customer_values.value_tier,
        case when pains.open_pain_count > 0 then 'true' else 'false' end as is_unresolved,
        coalesce(discounts.is_discount_allowed, true) as is_discount_allowed
    from risks
    left join customer_values on risks.customer_id = customer_values.customer_id
    left join pains on risks.customer_id = pains.customer_id
    left join discounts on risks.customer_id = discounts.customer_id
),

fitting as (
    select
        people.customer_id,
        rules.action,
        row_number() over (partition by people.customer_id order by rules.position) as rule_rank
    from people
    inner join rules
        on
            rules.is_unresolved in ('*', people.is_unresolved)
            and rules.churn_driver in ('*', coalesce(people.churn_driver, '*'))
            and rules.value_tier in ('*', coalesce(people.value_tier, '*'))
            and (rules.action <> 'discount' or people.is_discount_allowed)
)

select
    customer_id,
    action
from fitting
where rule_rank = 1
