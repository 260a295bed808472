-- Paying: some methods and countries are declined more often; a declined buyer tries again a minute later.
create or replace view shop.payment_attempts as
with tries as (
    select
        *,
        later(ordered_at, 0.0001e0 + 0.001e0 * try_no) as attempted_at,
        u('declined', id) < case when country in ('TR', 'BR', 'IN') then 0.14e0 else 0.05e0 end as is_declined_once
    from (select *, unnest([1, 2]) as try_no from work.orders)
)

select
    'y' || thing_key(customer_no, order_no) || '-' || try_no as payment_attempt_id,
    'o' || thing_key(customer_no, order_no) as order_id,
    customer_id,
    payment_method as method,
    attempted_at,
    case
        when is_cancelled then case when u('abandoned', id) < 0.5e0 then 'abandoned' else 'declined' end
        when is_declined_once and try_no = 1 then 'declined'
        else 'accepted'
    end as status,
    country
from tries
where (try_no = 1 or (is_declined_once and not is_cancelled)) and attempted_at < getvariable('end_at');

create or replace view shop.shipments as
select
    's' || thing_key(customer_no, order_no) as shipment_id, 'o' || thing_key(customer_no, order_no) as order_id,
    promised_at, shipped_at, delivered_at
from work.orders
where not is_cancelled and channel <> 'store';
