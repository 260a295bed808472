{# What a member takes along beside the traits. A member who stays only because the audience is held or paused may have
   lost the approved text: the fallback's language stands in. #}

with members as (
    select * from {{ ref('audience_members') }}
),

payloads as (
    select * from {{ ref('audience_payloads') }}
),

contents as (
    select * from {{ ref('audience_contents') }}
),

send_times as (
    select * from {{ ref('audience_send_times') }}
),

traits as (
    select
        customer_id,
        coalesce(language, '') as language,
        coalesce(country, '') as country,
        coalesce(timezone, '') as timezone
    from {{ ref('customer_traits') }}
),

placed as (
    select
        members.*,
        traits.language,
        traits.country,
        traits.timezone,
        coalesce(of_arm.content_key, of_nobody.content_key) as content_key,
        of_nobody.locale_fallback
    from members
    inner join traits on members.customer_id = traits.customer_id
    left join payloads as of_nobody on members.audience = of_nobody.audience and of_nobody.arm is null
    left join payloads as of_arm on members.audience = of_arm.audience and members.arm = of_arm.arm
)

select
    placed.audience,
    placed.customer_id,
    placed.entry_seq,
    placed.entered_at,
    placed.arm,
    placed.contact_channel,
    placed.content_key,
    case when placed.content_key is not null then coalesce(contents.content_locale, placed.locale_fallback) end
        as content_locale,
    case when placed.content_key is not null then coalesce(contents.locale_step, 'fallback') end as locale_step,
    placed.offer_id,
    placed.offer_until,
    send_times.send_at_utc,
    send_times.zone_step
from placed
left join contents
    on
        placed.audience = contents.audience
        and placed.content_key = contents.content_key
        and placed.language = contents.language
        and placed.country = contents.country
left join send_times
    on
        placed.send_window = send_times.send_window
        and placed.timezone = send_times.timezone
        and placed.country = send_times.country
