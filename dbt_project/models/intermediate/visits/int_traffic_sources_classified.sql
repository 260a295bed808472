with

sources as (
    select distinct
        utm_source,
        utm_medium,
        referrer_host
    from {{ ref('int_sessions_sourced') }}
),

rules as (
    select * from {{ ref('traffic_channels') }}
),

ranked as (
    select
        sources.utm_source,
        sources.utm_medium,
        sources.referrer_host,
        rules.channel,
        row_number() over (
            partition by sources.utm_source, sources.utm_medium, sources.referrer_host order by rules.position
        ) as rule_rank
    from sources
    inner join rules
        on
            sources.utm_source like rules.utm_source
            and sources.utm_medium like rules.utm_medium
            and sources.referrer_host like rules.referrer_host
)

select
    utm_source,
    utm_medium,
    referrer_host,
    channel
from ranked
where rule_rank = 1
