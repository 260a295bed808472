with

campaigns as (
    select * from {{ ref('int_campaigns_listed') }}
),

people as (
    select * from {{ ref('int_campaign_people_measured') }}
),

messages as (
    select distinct
        campaign_id,
        customer_id
    from {{ ref('int_messages_summed') }}
    where campaign_id is not null and is_delivered
),

costs as (
    select
        program,
        count(*) as campaigns,
        sum(case when cost_amount is null then 1 else 0 end) as campaigns_without_cost,
        sum(cost_amount) as cost_amount
    from campaigns
    group by program
),

{# A person counts once a programme, however many of its campaigns they met. #}
customers as (
    select
        campaigns.program,
        people.customer_id,
        max(case when messages.customer_id is not null then 1 else 0 end) as is_reached,
        max(case when people.converted_at is not null and not people.is_control then 1 else 0 end) as is_converted
    from people
    inner join campaigns on people.campaign_id = campaigns.campaign_id
    left join messages
        on
            people.campaign_id = messages.campaign_id
            and people.customer_id = messages.customer_id
    group by campaigns.program, people.customer_id
),

counted as (
    select
        program,
        sum(is_reached) as reached,
        sum(is_converted) as converted
    from customers
    group by program
),

priced as (
    select
        costs.*,
        coalesce(counted.reached, 0) as reached,
        coalesce(counted.converted, 0) as converted,
        case when costs.campaigns_without_cost = 0 then costs.cost_amount end as known_cost
    from costs
    left join counted on costs.program = counted.program
)

select
    {{ as_of_date() }} as as_of_date,
    program,
    cast(campaigns as bigint) as campaigns,
    cast(campaigns_without_cost as bigint) as campaigns_without_cost,
    cast(known_cost as decimal(18, 4)) as cost_amount,
    cast(reached as bigint) as customers_reached,
    cast(converted as bigint) as converters,
    cast({{ ratio('known_cost', 'reached') }} as decimal(18, 4)) as cost_per_customer_amount,
    cast({{ ratio('known_cost', 'converted') }} as decimal(18, 4)) as cost_per_converter_amount
from priced
