-- Points come in lots, one an order, and each lot is settled on its own after it was earned (reversed with its order,
-- used for the next order, or expired after a year), so that no balance can ever be negative.
create or replace table work.lots as
select
    id, customer_id, 'o' || thing_key(customer_no, order_no) as order_id, ordered_at, refunded_at,
    floor((gross_amount - discount_amount) * rate_to_base)::bigint as points,
    later(ordered_at, 0.001e0) as earned_at,
    lead('o' || thing_key(customer_no, order_no)) over member as next_order_id,
    lead(ordered_at) over member as next_ordered_at,
    is_late and opened_at is not null as is_made_good,
    closed_at
from work.experiences as experiences
where consents_to(customer_no, 5)
window member as (partition by customer_no order by order_no);

create or replace view shop.loyalty_events as
with movements as (
    select id, 1 as step, order_id, customer_id, earned_at as occurred_at, 'earn' as kind, points, 'order' as reason
    from work.lots
    union all
    select id, 2, order_id, customer_id, refunded_at, 'reverse', -points, 'refund' from work.lots
    where refunded_at is not null
    union all
    select id, 3, next_order_id, customer_id, next_ordered_at, 'redeem', -points, 'voucher' from work.lots
    where refunded_at is null and next_ordered_at > earned_at and u('redeemed', id) < 0.35e0
    union all
    select id, 4, null, customer_id, later(earned_at, 365e0), 'expire', -points, 'one year' from work.lots
    where refunded_at is null and not (coalesce(next_ordered_at > earned_at, false) and u('redeemed', id) < 0.35e0)
    union all
    select id, 5, order_id, customer_id, closed_at, 'adjust', 50, 'late delivery' from work.lots
    where is_made_good and closed_at is not null
)

select
    'l' || substr(customer_id, 2) || '-' || (1000 + id % 4096) || '-' || step as loyalty_event_id,
    customer_id, occurred_at, kind, points, reason, order_id
from movements
where occurred_at < getvariable('end_at') and points <> 0;
