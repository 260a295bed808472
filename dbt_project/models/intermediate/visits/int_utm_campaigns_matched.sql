with

sessions as (
    select * from {{ ref('int_sessions_sourced') }}
),

campaigns as (
    select * from {{ ref('stg_shop__campaigns') }}
),

carried as (
    select distinct first_touch_campaign as utm_campaign
    from sessions
    where first_touch_campaign is not null
),

{# An id is what a link should carry; a name is what people type. #}
matched as (
    select
        carried.utm_campaign,
        campaigns.campaign_id,
        row_number() over (
            partition by carried.utm_campaign
            order by
                case when lower(carried.utm_campaign) = lower(campaigns.campaign_id) then 0 else 1 end,
                campaigns.campaign_id
        ) as match_rank
    from carried
    inner join campaigns
        on
            lower(carried.utm_campaign) = lower(campaigns.campaign_id)
            or lower(carried.utm_campaign) = lower(campaigns.name)
)

select
    utm_campaign,
    campaign_id
from matched
where match_rank = 1
