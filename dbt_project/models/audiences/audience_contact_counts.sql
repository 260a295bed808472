{# Contacts up to today of newcomers whom priority does not stop, one count a cap. Today's audience goes out tomorrow,
   so that is the day a cap is reckoned for. #}

{%- set send_day = add_days(as_of_date(), 1) %}

with newcomers as (
    select
        newcomers.audience,
        newcomers.customer_id,
        settings.program
    from {{ ref('audience_newcomers') }} as newcomers
    inner join {{ ref('audience_settings') }} as settings on newcomers.audience = settings.audience
    left join {{ ref('audience_priority_gates') }} as priority_gates
        on
            newcomers.audience = priority_gates.audience
            and newcomers.customer_id = priority_gates.customer_id
    where newcomers.is_open and priority_gates.taken_by is null
),

caps as (
    select
        *,
        case
            when kind = 'rolling' then {{ add_days(send_day, '1 - period_days') }}
            when period_days = 7 then {{ week_start(send_day) }}
            when period_days = 30 then {{ month_start(send_day) }}
            else {{ send_day }}
        end as counts_from
    from {{ ref('audience_frequency_caps') }}
),

contacts as (
    select * from {{ ref('audience_recent_contacts') }}
),

counted as (
    select
        newcomers.audience,
        newcomers.customer_id,
        caps.rule,
        caps.scope,
        caps.max_contacts,
        caps.counts_from,
        count(contacts.customer_id) as contacts
    from newcomers
    inner join caps on newcomers.audience = caps.audience
    left join contacts
        on
            newcomers.customer_id = contacts.customer_id
            and case when caps.kind = 'rolling' then contacts.contacted_on else contacts.contacted_on_local end
            >= caps.counts_from
            and case caps.scope
                when 'audience' then newcomers.audience = contacts.audience
                when 'program' then newcomers.program = contacts.program
                else true
            end
    group by newcomers.audience, newcomers.customer_id, caps.rule, caps.scope, caps.max_contacts, caps.counts_from
)

select * from counted
