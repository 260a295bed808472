{# Contacts that a cap may count, on the recipient's own day too; an entry has no hour, its day is the same
   everywhere. #}

with periods as (
    select max(period_days) as longest from {{ ref('audience_frequency_caps') }}
),

time_zones as (
    select * from {{ ref('time_zones') }}
),

traits as (
    select
        customer_id,
        timezone
    from {{ ref('customer_traits') }}
),

contacts as (
    select
        contact_history.customer_id,
        contact_history.audience,
        contact_history.kind,
        contact_history.contacted_at
    from {{ ref('contact_history') }} as contact_history
    inner join periods
        on contact_history.contacted_at >= {{ add_days(as_of_date(), '-periods.longest - 1') }}
)

select
    contacts.customer_id,
    contacts.audience,
    settings.program,
    cast(contacts.contacted_at as date) as contacted_on,
    case
        when contacts.kind = 'message'
            then cast({{ to_local('contacts.contacted_at', "coalesce(time_zones.time_zone, 'UTC')") }} as date)
        else cast(contacts.contacted_at as date)
    end as contacted_on_local
from contacts
inner join traits on contacts.customer_id = traits.customer_id
left join time_zones on traits.timezone = time_zones.time_zone
left join {{ ref('audience_settings') }} as settings on contacts.audience = settings.audience
