{# The time zone a send window is told by, for all who share a profile's zone and a country. #}

with windows as (
    select distinct
        send_window,
        asks_profile,
        fixed_zone
    from {{ ref('audience_send_windows') }}
),

time_zones as (
    select * from {{ ref('time_zones') }}
),

markets as (
    select * from {{ ref('markets') }}
),

people as (
    select distinct
        coalesce(timezone, '') as timezone,
        coalesce(country, '') as country
    from {{ ref('customer_traits') }}
)

select
    windows.send_window,
    people.timezone,
    people.country,
    case
        when windows.asks_profile and time_zones.time_zone is not null then time_zones.time_zone
        else coalesce(windows.fixed_zone, markets.default_timezone, elsewhere.default_timezone)
    end as zone,
    case
        when windows.asks_profile and time_zones.time_zone is not null then 'profile'
        when windows.asks_profile and people.timezone <> '' then 'invalid'
        when windows.fixed_zone is not null then 'fixed'
        else 'market'
    end as zone_step
from windows
cross join people
left join time_zones on people.timezone = time_zones.time_zone
left join markets on people.country = markets.country
left join markets as elsewhere on elsewhere.country = '*'
