-- What was allowed at signup, taken back later by the person, or ended through a message.
create or replace view shop.consents as
with decided as (
    select
        customer_no, channel, purpose, purpose_no, 'granted' as status, 1 as step, granted_at as occurred_at,
        'signup' as source
    from work.grants
    union all
    select customer_no, channel, purpose, purpose_no, withdrawal, 2, withdrawn_at, 'preference_centre' from work.grants
    where withdrawn_at is not null
    union all
    select reactions.customer_no, reactions.channel, reactions.purpose, grants.purpose_no,
        case event when 'complained' then 'objected' else 'withdrawn' end,
        case event when 'complained' then 4 else 3 end, min(occurred_at),
        case event when 'complained' then 'complaint' else 'unsubscribe_link' end
    from work.reactions as reactions
    inner join work.grants as grants
        on reactions.customer_no = grants.customer_no and reactions.channel = grants.channel
        and reactions.purpose = grants.purpose
    where event in ('unsubscribed', 'complained')
    group by all
)

select
    'k' || thing_key(customer_no, purpose_no) || '-' || step as consent_event_id,
    chunk.customer_id, channel, purpose, status, occurred_at, source, chunk.country as jurisdiction,
    case
        when status <> 'granted' then null
        when occurred_at < later(getvariable('start_at'), getvariable('days') / 2) then 'v1'
        else 'v2'
    end as text_version
from decided
inner join work.chunk as chunk using (customer_no)
where occurred_at < getvariable('end_at');
