{# A row is a campaign whose arms do not add up to its messages. #}
with

messages as (
    select
        campaign_id,
        count(*) as sent
    from {{ ref('int_messages_summed') }}
    where campaign_id is not null
    group by campaign_id
),

reported as (
    select
        campaign_id,
        sum(sent) as sent
    from {{ ref('rpt_campaign_performance') }}
    group by campaign_id
)

select
    messages.campaign_id,
    messages.sent,
    reported.sent as sent_in_report
from messages
left join reported on messages.campaign_id = reported.campaign_id
where reported.sent is null or messages.sent <> reported.sent
