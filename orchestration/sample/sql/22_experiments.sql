-- Who was assigned, to which arm, what they would have done without the campaign and what the campaign added.
create or replace table work.candidates as
select 1 as campaign_no, customer_no, later(created_at, 0.003e0) as assigned_at, welcome_share as arm_draw
from work.chunk
where is_in_welcome
union all
select 2, visits.customer_no, later(min(visits.visited_at), 0.5e0), any_value(u('cart.arm', visits.customer_no))
from work.visits as visits
inner join work.grants as grants on visits.customer_no = grants.customer_no and grants.purpose_no = 2
where visits.is_cart and visits.visited_at >= (select starts_at from work.campaigns where campaign_no = 2)
    and later(visits.visited_at, 0.5e0) < coalesce(grants.withdrawn_at, getvariable('end_at'))
group by visits.customer_no
union all
select campaigns.campaign_no, chunk.customer_no, campaigns.starts_at,
    u('one.off.arm', thing(chunk.customer_no, campaigns.campaign_no))
from work.chunk as chunk
inner join work.campaigns as campaigns
    on campaigns.campaign_no between 3 and 5 and later(chunk.created_at, 30e0) < campaigns.starts_at
inner join work.grants as grants
    on chunk.customer_no = grants.customer_no
    and campaigns.channel = grants.channel and campaigns.purpose = grants.purpose
left join work.purchases as purchases
    on chunk.customer_no = purchases.customer_no and purchases.purchased_at < campaigns.starts_at
where campaigns.starts_at < coalesce(grants.withdrawn_at, getvariable('end_at'))
group by campaigns.campaign_no, chunk.customer_no, campaigns.starts_at
having case campaigns.campaign_no
    when 3 then true
    when 4 then later(max(purchases.purchased_at), 60e0) < campaigns.starts_at
    else count(purchases.customer_no) >= 2
end;

-- What each candidate would do in each arm of the campaign.
create or replace table work.outcomes as
with goals as (
    select
        candidates.*, arms.campaign_id, arms.arm, arms.is_control, arms.true_effect,
        arm_draw >= arms.share_from and arm_draw < arms.share_to as is_assigned,
        later(assigned_at, goal_window_days) as goal_until,
        u('effect', thing(customer_no, arms.campaign_no)) < arms.true_effect and arms.campaign_no > 1 as has_effect,
        later(assigned_at, goal_window_days * (0.05e0 + 0.6e0 * u('effect.at', thing(customer_no, arms.campaign_no))))
            as effect_at
    from work.candidates as candidates
    inner join work.campaigns as campaigns on candidates.campaign_no = campaigns.campaign_no
    inner join work.arms as arms on candidates.campaign_no = arms.campaign_no
    where candidates.assigned_at < getvariable('end_at')
),

unprompted as (
    select goals.campaign_no, goals.customer_no
    from goals
    inner join work.purchases as purchases on goals.customer_no = purchases.customer_no
    where goals.is_control and goals.campaign_no > 1
        and purchases.purchased_at > goals.assigned_at and purchases.purchased_at <= goals.goal_until
    group by goals.campaign_no, goals.customer_no
)

select
    goals.* exclude (has_effect, effect_at, goal_until),
    case when goals.has_effect then known(goals.effect_at) end as effect_at,
    case goals.campaign_no
        when 1 then coalesce(chunk.natural_first_at > assigned_at and chunk.natural_first_at <= goal_until, false)
        else unprompted.customer_no is not null
    end as converts_anyway,
    case
        when goals.campaign_no > 1
            then unprompted.customer_no is not null or (goals.has_effect and goals.effect_at < getvariable('end_at'))
        when goals.is_control
            then coalesce(chunk.natural_first_at > assigned_at and chunk.natural_first_at <= goal_until, false)
        else coalesce(chunk.treated_first_at > assigned_at and chunk.treated_first_at <= goal_until, false)
    end as converts_in_arm
from goals
inner join work.chunk as chunk on goals.customer_no = chunk.customer_no
left join unprompted
    on goals.campaign_no = unprompted.campaign_no and goals.customer_no = unprompted.customer_no;

create or replace view truth.campaign_effects as
select
    campaign_id, arm, any_value(is_control) as is_control, any_value(true_effect) as true_effect,
    count(*) filter (where is_assigned) as assigned,
    count(*) as candidates,
    count(*) filter (where converts_anyway) as converting_anyway,
    count(*) filter (where converts_in_arm) as converting_in_arm
from work.outcomes
group by campaign_id, arm;

create or replace view shop.campaign_assignments as
select campaign_id, customer_key(customer_no) as customer_id, arm, is_control, assigned_at
from work.outcomes
where is_assigned;
