-- What was sent to whom. A newsletter needs its consent; a hard bounce, a complaint or unsubscribing ends a channel.
create or replace table work.sends as
with addressed as (
    select campaign_no, customer_no, arm, later(assigned_at, 0.01e0) as sent_at
    from work.outcomes
    where is_assigned and not is_control
    union all
    select
        campaigns.campaign_no, grants.customer_no, null,
        later(campaigns.starts_at, 0.15e0 * u('send.spread', grants.customer_no))
    from work.grants as grants
    inner join work.campaigns as campaigns
        on campaigns.campaign_no > 5 and grants.granted_at < campaigns.starts_at
        and grants.channel = campaigns.channel and grants.purpose = campaigns.purpose
),

fated as (
    select
        addressed.*, campaigns.campaign_id, campaigns.channel, campaigns.purpose,
        thing(customer_no, addressed.campaign_no) as id,
        campaigns.channel = 'email' and u('dead.address', customer_no) < 0.012e0 as is_hard_bounce,
        u('soft.bounce', thing(customer_no, addressed.campaign_no)) < 0.008e0 as is_soft_bounce,
        u('leaves', thing(customer_no, addressed.campaign_no)) < 0.004e0 as is_unsubscribe,
        campaigns.channel = 'email' and u('complains', thing(customer_no, addressed.campaign_no)) < 0.0006e0
            as is_complaint
    from addressed
    inner join work.campaigns as campaigns on addressed.campaign_no = campaigns.campaign_no
    where sent_at < getvariable('end_at')
),

ended as (
    select customer_no, channel, min(sent_at) as last_sent_at
    from fated
    where is_hard_bounce or (not is_soft_bounce and (is_unsubscribe or is_complaint))
    group by customer_no, channel
)

select fated.*
from fated
left join ended on fated.customer_no = ended.customer_no and fated.channel = ended.channel
inner join work.grants as grants
    on fated.customer_no = grants.customer_no and fated.channel = grants.channel and fated.purpose = grants.purpose
where fated.sent_at <= coalesce(ended.last_sent_at, fated.sent_at)
    and fated.sent_at < coalesce(grants.withdrawn_at, getvariable('end_at'))
order by fated.id;

-- What became of each message, in the order of the sends. Half of the mailboxes fetch every picture: machine opens.
create or replace table work.reactions as
with fates as (
    select
        *,
        is_hard_bounce or is_soft_bounce as is_bounced,
        channel = 'email' and u('mailbox', customer_no) < 0.5e0 as is_prefetched,
        channel in ('email', 'push', 'whatsapp') and u('opens', id) < 0.28e0 as is_opened,
        channel <> 'push' and u('opens', id) < 0.28e0 and u('clicks', id) < 0.14e0 as is_clicked,
        0.02e0 + 0.4e0 * expo('opens.at', id) as opened_after
    from work.sends
),

steps as (
    select
        *,
        unnest([
            'sent',
            case when is_hard_bounce then 'bounced_hard' when is_soft_bounce then 'bounced_soft' else 'delivered' end,
            case when not is_bounced and is_prefetched then 'opened' end,
            case when not is_bounced and is_opened then 'opened' end,
            case when not is_bounced and is_clicked then 'clicked' end,
            case when not is_bounced and is_unsubscribe then 'unsubscribed' end,
            case when not is_bounced and is_complaint then 'complained' end
        ]) as event,
        unnest([0, 1, 2, 3, 4, 5, 6]) as step
    from fates
)

select
    id, customer_no, campaign_no, campaign_id, channel, purpose, arm, event, step, step = 2 as is_machine,
    later(sent_at, [0e0, 0.0003e0, 0.0006e0, opened_after, opened_after + 0.001e0, opened_after + 0.002e0,
        opened_after + 0.003e0][step + 1]) as occurred_at
from steps
where event is not null;

-- In the order of the keys, as the sends are.
create or replace view shop.message_events as
select
    'm' || thing_key(customer_no, campaign_no) || '-' || step as message_event_id,
    'm' || thing_key(customer_no, campaign_no) as message_id,
    customer_key(customer_no) as customer_id,
    campaign_id,
    channel,
    event,
    occurred_at,
    is_machine,
    arm,
    case when event = 'clicked' then 'https://shop.example.com/c/' || campaign_id end as url
from work.reactions
where occurred_at < getvariable('end_at');
