{# The offers a newcomer may be given: in the market, in season, valuable enough, not given enough discount already, and
   holding none on the send day, which is the day after the as-of day. #}

with payloads as (
    select distinct
        audience,
        offer_id
    from {{ ref('audience_payloads') }}
    where offer_id is not null
),

offers as (
    select
        *,
        '|' || countries || '|' as country_list,
        case min_value_tier when 'high' then 3 when 'medium' then 2 when 'low' then 1 else 0 end as min_tier
    from {{ ref('offers') }}
),

traits as (
    select
        customer_id,
        '|' || country || '|' as country,
        coalesce(discount_share_365d, 0) as discount_share,
        case value_tier when 'high' then 3 when 'medium' then 2 when 'low' then 1 else 0 end as tier
    from {{ ref('customer_traits') }}
),

given as (
    select * from {{ ref('stg_state__memberships') }}
    where offer_id is not null
),

holders as (
    select
        customer_id,
        max(offer_until) as held_until
    from given
    group by customer_id
),

last_given as (
    select
        customer_id,
        offer_id,
        max(cast(entered_at as date)) as given_on
    from given
    group by customer_id, offer_id
)

select
    candidates.audience,
    candidates.customer_id,
    offers.offer_id,
    least(
        {{ add_days(as_of_date(), 'offers.valid_days') }},
        coalesce(offers.ends_on, cast('9999-12-31' as date))
    ) as offer_until
from {{ ref('audience_candidates') }} as candidates
inner join payloads on candidates.audience = payloads.audience
inner join offers on payloads.offer_id = offers.offer_id
inner join traits on candidates.customer_id = traits.customer_id
left join holders on candidates.customer_id = holders.customer_id
left join last_given
    on candidates.customer_id = last_given.customer_id and offers.offer_id = last_given.offer_id
where
    not candidates.is_excluded
    and (holders.held_until is null or holders.held_until <= {{ as_of_date() }})
    and (
        last_given.given_on is null
        or {{ days_between('last_given.given_on', as_of_date()) }} >= offers.once_per_days
    )
    and (offers.starts_on is null or offers.starts_on <= {{ add_days(as_of_date(), 1) }})
    and (offers.ends_on is null or offers.ends_on >= {{ add_days(as_of_date(), 1) }})
    and (offers.countries = '*' or position(traits.country in offers.country_list) > 0)
    and traits.tier >= offers.min_tier
    and (offers.discount_share = 0 or traits.discount_share <= {{ var('discount_ceiling') }})
