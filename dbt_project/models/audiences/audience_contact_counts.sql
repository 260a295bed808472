{# Contacts of newcomers up to today, one count a cap. Today's audience goes out tomorrow, so that is the day a cap is
   reckoned for. #}

{%- set send_day = add_days(as_of_date(), 1) %}

with sends as (
    select * from {{ ref('audience_sends') }}
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
        sends.audience,
        sends.customer_id,
        caps.rule,
        caps.scope,
        caps.max_contacts,
        caps.counts_from,
        count(contacts.customer_id) as contacts
    from sends
    inner join caps on sends.audience = caps.audience
    left join contacts
        on
            sends.customer_id = contacts.customer_id
            and case when caps.kind = 'rolling' then contacts.contacted_on else contacts.contacted_on_local end
            >= caps.counts_from
            and case caps.scope
                when 'audience' then sends.audience = contacts.audience
                when 'program' then sends.program = contacts.program
                else true
            end
    group by sends.audience, sends.customer_id, caps.rule, caps.scope, caps.max_contacts, caps.counts_from
)

select * from counted
