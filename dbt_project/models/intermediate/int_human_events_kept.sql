{# A view, like the events it keeps. #}
{{ config(materialized='view') }}

with

events as (
    select
        *,
        {{ url_host('url') }} as page_host,
        {{ url_host('referrer') }} as referrer_host_or_own
    from {{ ref('int_events_identified') }}
    where
        coalesce(lower(device), '') not in {{ text_list(var('bot_devices')) }}
        and event_name not in {{ text_list(var('bot_event_names')) }}
),

hosted as (
    select
        *,
        case
            when referrer_host_or_own in {{ text_list(var('own_hosts')) }} then null
            when referrer_host_or_own = page_host or position('@' in referrer_host_or_own) > 0 then null
            else referrer_host_or_own
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
