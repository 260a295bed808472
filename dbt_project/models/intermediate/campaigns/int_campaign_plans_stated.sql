with

campaign_arm_shares as (
    select * from {{ ref('campaign_arm_shares') }}
),

audience_settings as (
    select * from {{ ref('audience_settings') }}
    where experiment is not null
),

audience_arms as (
    select * from {{ ref('audience_arms') }}
),

global_holdout as (
    select * from {{ ref('audience_global_holdout') }}
),

{# A definition holds the plan of its experiment's present phase; slots in no range are nobody's. #}
slot_ranges as (
    select distinct
        audience_settings.experiment || ':' || cast(audience_settings.phase as {{ t_text() }}) as campaign_id,
        audience_arms.arm,
        cast(audience_arms.last_slot - audience_arms.first_slot + 1 as decimal(18, 8)) as weight
    from audience_settings
    inner join audience_arms on audience_settings.audience = audience_arms.audience
    union all
    select
        experiment || ':' || cast(phase as {{ t_text() }}) as campaign_id,
        'holdout' as arm,
        cast(last_slot - first_slot + 1 as decimal(18, 8)) as weight
    from global_holdout
    union all
    select
        experiment || ':' || cast(phase as {{ t_text() }}) as campaign_id,
        'rest' as arm,
        cast(9999 - last_slot + first_slot as decimal(18, 8)) as weight
    from global_holdout
)

select
    campaign_id,
    arm,
    cast(share as decimal(18, 8)) as weight
from campaign_arm_shares

union all

select
    slot_ranges.campaign_id,
    slot_ranges.arm,
    slot_ranges.weight
from slot_ranges
left join (select distinct campaign_id from campaign_arm_shares) as written
    on slot_ranges.campaign_id = written.campaign_id
where written.campaign_id is null
