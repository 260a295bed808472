{# Which text of a content a person gets: the first that is approved along the chain. The chain depends on language and
   country alone, so it is followed once for all who share them. #}

with payloads as (
    select distinct
        audience,
        content_key,
        locale_fallback
    from {{ ref('audience_payloads') }}
    where content_key is not null
),

approved as (
    select
        content_key,
        lower(locale) as tag,
        min(locale) as locale
    from {{ ref('content_catalogue') }}
    where review_status = 'approved'
    group by content_key, lower(locale)
),

markets as (
    select * from {{ ref('markets') }}
),

people as (
    select distinct
        coalesce(language, '') as language,
        coalesce(country, '') as country
    from {{ ref('customer_traits') }}
),

tagged as (
    select
        people.language,
        people.country,
        lower(replace(trim(people.language), '_', '-')) as tag,
        lower(markets.default_locale) as market_tag
    from people
    left join markets on people.country = markets.country
)

select
    payloads.audience,
    payloads.content_key,
    tagged.language,
    tagged.country,
    coalesce(exact.locale, base.locale, market.locale, market_base.locale, fallback.locale) as content_locale,
    case
        when exact.locale is not null then 'exact'
        when base.locale is not null then 'language'
        when coalesce(market.locale, market_base.locale) is not null then 'market'
        when fallback.locale is not null then 'fallback'
    end as locale_step
from payloads
cross join tagged
left join approved as exact
    on payloads.content_key = exact.content_key and tagged.tag = exact.tag
left join approved as base
    on payloads.content_key = base.content_key and split_part(tagged.tag, '-', 1) = base.tag
left join approved as market
    on payloads.content_key = market.content_key and tagged.market_tag = market.tag
left join approved as market_base
    on payloads.content_key = market_base.content_key and split_part(tagged.market_tag, '-', 1) = market_base.tag
left join approved as fallback
    on payloads.content_key = fallback.content_key and lower(payloads.locale_fallback) = fallback.tag
