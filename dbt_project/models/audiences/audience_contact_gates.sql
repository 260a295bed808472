{# Of the channels an audience may use, those left for a person after each contact gate. #}

with people as (
    select * from {{ ref('audience_people') }}
),

channels as (
    select
        audience_channels.audience,
        audience_channels.channel,
        audience_channels.preference,
        audience_settings.purpose,
        audience_settings.denies_unknown,
        audience_settings.suppressed_reasons
    from {{ ref('audience_channels') }} as audience_channels
    inner join {{ ref('audience_settings') }} as audience_settings
        on audience_channels.audience = audience_settings.audience
),

permissions as (
    select * from {{ ref('contact_permissions') }}
),

traits as (
    select
        customer_id,
        email,
        phone
    from {{ ref('customer_traits') }}
),

gated as (
    select
        people.audience,
        people.customer_id,
        channels.preference,
        coalesce(
            channels.suppressed_reasons not like '%|' || permissions.reason || '|%', true
        ) as is_open,
        coalesce(
            permissions.is_allowed
            and not (channels.denies_unknown and permissions.reason = 'unknown_opt_out'),
            false
        ) as is_allowed,
        case
            when channels.channel = 'email' then traits.email is not null
            when channels.channel in ('sms', 'whatsapp') then traits.phone is not null
            else true
        end as is_reachable
    from people
    inner join channels on people.audience = channels.audience
    inner join traits on people.customer_id = traits.customer_id
    left join permissions
        on
            people.customer_id = permissions.customer_id
            and channels.channel = permissions.channel
            and channels.purpose = permissions.purpose
),

counted as (
    select
        audience,
        customer_id,
        count(case when is_open then 1 end) as open_channels,
        count(case when is_open and is_allowed then 1 end) as allowed_channels,
        min(case when is_open and is_allowed and is_reachable then preference end) as preference
    from gated
    group by audience, customer_id
)

select
    counted.audience,
    counted.customer_id,
    counted.open_channels,
    counted.allowed_channels,
    channels.channel as contact_channel
from counted
left join channels
    on counted.audience = channels.audience and counted.preference = channels.preference
