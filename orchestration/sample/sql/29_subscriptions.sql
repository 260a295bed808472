-- One customer in twelve subscribes a while after the first purchase; some change to a higher plan when the first ends.
create or replace view shop.subscriptions as
with subscribed as (
    select
        chunk.customer_no, chunk.currency,
        later(lifetimes.first_purchased_at, 5e0 + 60e0 * expo('subscribes.at', chunk.customer_no)) as started_at,
        1 + floor(2.2e0 * u('plan', chunk.customer_no))::bigint as plan_rank,
        150e0 * expo('subscribed', chunk.customer_no) + 14e0 as days,
        case when u('upgrades', chunk.customer_no) < 0.15e0 then 1 else 0 end as is_upgraded
    from work.chunk as chunk
    inner join work.lifetimes as lifetimes on chunk.customer_no = lifetimes.customer_no
    where lifetimes.purchases > 0 and u('subscribes', chunk.customer_no) < 0.08e0
),

terms as (
    select customer_no, currency, 1 as term, plan_rank, started_at, later(started_at, days) as ended_at, is_upgraded
    from subscribed
    union all
    select customer_no, currency, 2, plan_rank + 1, later(started_at, days),
        later(started_at, days + 30e0 + 300e0 * expo('upgraded', customer_no)), 0
    from subscribed
    where is_upgraded = 1 and plan_rank < 3
)

select
    'u' || thing_key(customer_no, term) as subscription_id,
    customer_key(customer_no) as customer_id,
    ['basic', 'plus', 'premium'][plan_rank] as plan,
    plan_rank,
    started_at,
    case when term = 1 then known(later(started_at, 14e0)) end as trial_ended_at,
    known(ended_at) as ended_at,
    round([5e0, 9e0, 19e0][plan_rank] / rates.rate_to_base, case terms.currency when 'JPY' then 0 else 2 end)
        as monthly_amount,
    terms.currency,
    case when ended_at < getvariable('end_at') then case
        when is_upgraded = 1 and plan_rank < 3 then 'upgraded'
        else pick(
            ['too_expensive', 'not_used', 'other_shop', 'service', null], u('cancel.reason', thing(customer_no, term))
        )
    end end as cancel_reason
from terms
inner join work.rates as rates on terms.currency = rates.currency and terms.started_at::date = rates.rate_date;
