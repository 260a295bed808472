with

leads as (
    select * from {{ ref('int_leads_listed') }}
),

consents as (
    select distinct
        customer_id,
        channel
    from {{ ref('int_consents_decided') }}
    where status = 'granted'
),

rules as (
    select * from {{ ref('lead_fit_rules') }}
),

attributes as (
    {%- for attribute in [
        'country', 'language', 'acquisition_channel', 'account_industry', 'account_employees_band',
        'account_revenue_band', 'account_country',
    ] %}
    select
        customer_id,
        '{{ attribute }}' as attribute,
        {{ attribute }} as value
    from leads
    where {{ attribute }} is not null
    union all
    {%- endfor %}
    select
        customer_id,
        'consent' as attribute,
        channel as value
    from consents
),

scored as (
    select
        attributes.customer_id,
        sum(rules.points) as fit_score
    from attributes
    inner join rules
        on
            attributes.attribute = rules.attribute
            and rules.value in (attributes.value, '*')
    group by attributes.customer_id
)

select
    leads.customer_id,
    coalesce(scored.fit_score, 0) as fit_score
from leads
left join scored on leads.customer_id = scored.customer_id
