with

kept as (
    select * from {{ ref('int_campaign_people_gathered') }}
    where is_assigned
),

raw_assignments as (
    select * from {{ ref('stg_shop__campaign_assignments') }}
),

own_assignments as (
    select * from {{ ref('stg_state__assignments') }}
),

replaced as (
    select * from {{ ref('quarantine__campaign_assignments') }}
    where reason = 'duplicate_key'
),

stated as (
    select
        campaign_id,
        customer_id,
        arm
    from raw_assignments
    union all
    select
        experiment || ':' || cast(phase as {{ t_text() }}) as campaign_id,
        customer_id,
        arm
    from own_assignments
    union all
    select
        trim(campaign_id) as campaign_id,
        trim(customer_id) as customer_id,
        trim(arm) as arm
    from replaced
)

select
    kept.campaign_id,
    cast(count(distinct kept.customer_id) as bigint) as reassigned
from kept
inner join stated
    on
        kept.campaign_id = stated.campaign_id
        and kept.customer_id = stated.customer_id
        and kept.arm <> stated.arm
group by kept.campaign_id
