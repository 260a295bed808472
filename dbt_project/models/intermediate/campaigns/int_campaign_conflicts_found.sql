{# Of the addresses only those the experiment's audiences contact people by: mail, phone, or none for push alone. Of an
   experiment that no definition names any more nobody knows, mail it is. #}
with

own_assignments as (
    select * from {{ ref('stg_state__assignments') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

contacted_by as (
    select distinct
        audience_settings.experiment,
        case
            when audience_channels.channel = 'email' then 'mail'
            when audience_channels.channel in ('sms', 'whatsapp') then 'phone'
            else 'none'
        end as kind
    from {{ ref('audience_settings') }} as audience_settings
    inner join {{ ref('audience_channels') }} as audience_channels
        on audience_settings.audience = audience_channels.audience
),

addressed as (
    select
        own_assignments.experiment || ':' || cast(own_assignments.phase as {{ t_text() }}) as campaign_id,
        own_assignments.customer_id,
        own_assignments.arm,
        coalesce(contacted_by.kind, 'mail') as kind,
        case coalesce(contacted_by.kind, 'mail')
            when 'mail' then {{ mailbox('customers.email') }}
            when 'phone' then {{ telephone('customers.phone') }}
        end as address
    from own_assignments
    inner join customers on own_assignments.customer_id = customers.customer_id
    left join contacted_by on own_assignments.experiment = contacted_by.experiment
),

conflicts as (
    select
        campaign_id,
        kind,
        address
    from addressed
    where address is not null
    group by campaign_id, kind, address
    having min(arm) <> max(arm)
)

select distinct
    addressed.campaign_id,
    addressed.customer_id
from addressed
inner join conflicts
    on
        addressed.campaign_id = conflicts.campaign_id
        and addressed.kind = conflicts.kind
        and addressed.address = conflicts.address
