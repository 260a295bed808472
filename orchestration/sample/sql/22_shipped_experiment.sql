-- How people react to a shipped audience with a holdout, when the pipeline runs on the day 60 days before the last one and
-- sends the morning after. Slots decide about arms, so that it is known today who would be sent to; work.shipped_arms
-- holds the arms of the definition. Whoever is quiet and may be written to reacts, which are all the audience can match.
create or replace table work.shipped_reactions as
with bought as (
    select customer_no, purchased_at as bought_at from work.purchases
    union all
    select customer_no, effect_at from work.outcomes where is_assigned and effect_at is not null
),

quiet as (
    select chunk.customer_no, chunk.customer_id, later(getvariable('end_at'), -60) as sent_at
    from work.chunk as chunk
    inner join bought on chunk.customer_no = bought.customer_no
    left join work.grants as grants on chunk.customer_no = grants.customer_no and grants.purpose_no = 2
    where bought.bought_at < later(getvariable('end_at'), -60)
        and case
            when grants.customer_no is null then chunk.country = 'US' and chunk.has_email
            else later(getvariable('end_at'), -60) < coalesce(grants.withdrawn_at, getvariable('end_at'))
        end
    group by chunk.customer_no, chunk.customer_id
    having later(max(bought.bought_at), 100e0) < later(getvariable('end_at'), -60)
),

assigned as (
    select quiet.*, arms.*
    from quiet
    inner join work.shipped_arms as arms
        on ('0x' || substr(md5(arms.salt || ':' || quiet.customer_id), 1, 8))::bigint % 10000
            between arms.first_slot and arms.last_slot
),

prompted as (
    select
        *,
        u('shipped.effect', customer_no) < true_effect as has_effect,
        later(sent_at, goal_window_days * (0.05e0 + 0.6e0 * u('shipped.effect.at', customer_no))) as effect_at
    from assigned
),

unprompted as (
    select distinct prompted.customer_no
    from prompted
    inner join bought on prompted.customer_no = bought.customer_no
    where bought.bought_at >= prompted.sent_at
        and bought.bought_at < later(prompted.sent_at, goal_window_days + 1)
)

select
    prompted.customer_no, prompted.customer_id, prompted.campaign_id, prompted.arm, prompted.has_effect,
    case when prompted.has_effect and prompted.is_delivered then known(prompted.effect_at) end as effect_at,
    unprompted.customer_no is not null as converts_anyway
from prompted
left join unprompted on prompted.customer_no = unprompted.customer_no;

create or replace view truth.reactions as
select campaign_id, customer_id, arm, converts_anyway, converts_anyway or has_effect as converts_when_sent_to
from work.shipped_reactions;
