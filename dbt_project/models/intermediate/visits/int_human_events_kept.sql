{# A view, like the events it keeps. #}
{{ config(materialized='view') }}

with

events as (
    select
        *,
        {{ url_host('referrer') }} as any_referrer_host
    from {{ ref('int_events_identified') }}
    where
        coalesce(lower(device), '') not in {{ text_list(var('bot_devices')) }}
        and event_name not in {{ text_list(var('bot_event_names')) }}
),

hosted as (
    select
        *,
        case
            when
                any_referrer_host is null
                or any_referrer_host in {{ text_list(var('own_hosts')) }}
                or position('@' in any_referrer_host) > 0
                then null
            when any_referrer_host = {{ url_host('url') }} then null
            else any_referrer_host
        end as referrer_host
    from events
)

select
    event_id,
    visitor_id,
    customer_id,
    event_name,
    occurred_at,
    value,
    product_id,
    url,
    referrer_host,
    utm_source,
    utm_medium,
    utm_campaign,
    device,
    country,
    coalesce(utm_source, utm_medium, utm_campaign, referrer_host) is not null as names_source
from hosted
