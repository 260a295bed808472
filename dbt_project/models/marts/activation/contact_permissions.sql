with

customers as (
    select
        customer_id,
        coalesce(country, '*') as country
    from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

purposes as (
    select * from {{ ref('consent_purposes') }}
),

rules as (
    select * from {{ ref('int_contact_rules_resolved') }}
),

decisions as (
    select * from {{ ref('int_consents_decided') }}
),

minors as (
    select * from {{ ref('int_minors_found') }}
),

decided as (
    select
        customers.customer_id,
        rules.channel,
        purposes.purpose,
        coalesce(decisions.status, 'unknown') as status,
        decisions.occurred_at as since,
        case
            when minors.customer_id is not null then 'minor'
            when decisions.status is null then 'unknown_' || rules.regime
            when decisions.status <> 'granted' then decisions.reason
            when decisions.opt_in_step = 'requested' then 'unconfirmed'
            when decisions.opt_in_step is null and rules.needs_confirmation then 'unconfirmed'
            else 'granted'
        end as reason
    from customers
    inner join rules on customers.country = rules.country
    cross join purposes
    left join decisions
        on
            customers.customer_id = decisions.customer_id
            and rules.channel = decisions.channel
            and purposes.purpose = decisions.purpose
    left join minors on customers.customer_id = minors.customer_id
)

select
    customer_id,
    channel,
    purpose,
    status,
    since,
    reason in ('granted', 'unknown_opt_out') as is_allowed,
    reason
from decided
