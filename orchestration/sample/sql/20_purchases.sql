-- The buy-till-you-drop process of the chunk's customers, in demand time, and its truth.
create or replace table work.chunk as
select *
from work.people
where customer_no between getvariable('chunk_from') and getvariable('chunk_to');

create or replace table work.purchases as
with buyers as (
    select
        customer_no, utc_offset, purchases_a_week, first_demand,
        greatest(1, ceil(ln(u('drop', customer_no)) / ln(1e0 - least(greatest(dropout_chance, 1e-9), 1e0 - 1e-12))))
            as drop_after,
        purchases_a_week / 7e0 * (getvariable('days') - first_demand) as expected
    from work.chunk
    where first_demand < getvariable('days')
),

-- more gaps than the time can hold (six standard deviations), never more than there are purchases before the end
gaps as (
    select
        customer_no, utc_offset, drop_after, first_demand, purchases_a_week,
        unnest(range(1, least(drop_after, ceil(expected + 6e0 * sqrt(expected) + 8e0))::bigint + 1)) as purchase_no
    from buyers
),

repeats as (
    select
        *,
        first_demand + sum(7e0 * expo('gap', thing(customer_no, purchase_no)) / purchases_a_week)
            over (partition by customer_no order by purchase_no) as demand
    from gaps
),

purchases as (
    select customer_no, utc_offset, drop_after, 0 as purchase_no, first_demand as demand from buyers
    union all
    select customer_no, utc_offset, drop_after, purchase_no, demand from repeats where demand < getvariable('days')
)

select
    purchases.customer_no, purchases.purchase_no, purchases.demand,
    purchases.purchase_no = purchases.drop_after as is_last,
    clock(calendar_day(purchases.demand), purchases.utc_offset) as purchased_at
from purchases;

-- Until when each one pays attention: to the end, to a while after the last purchase, or a month without a purchase.
create or replace table work.lifetimes as
select
    chunk.customer_no,
    chunk.utc_offset,
    chunk.signup_demand,
    count(purchases.customer_no) as purchases,
    min(purchases.purchased_at) as first_purchased_at,
    max(purchases.purchased_at) as last_purchased_at,
    max(case when is_last then purchased_at end) as dropped_at,
    least(getvariable('days'), coalesce(
        max(case when is_last then demand end) + 30e0,
        case when count(demand) > 0 then getvariable('days') end,
        chunk.signup_demand + 30e0
    )) as attentive_until
from work.chunk as chunk
left join work.purchases as purchases on chunk.customer_no = purchases.customer_no
group by chunk.customer_no, chunk.utc_offset, chunk.signup_demand;

create or replace view truth.customers as
select
    chunk.customer_id,
    chunk.purchases_a_week,
    chunk.dropout_chance,
    6e0 / chunk.value_rate as mean_order_value,
    lifetimes.purchases > 0 as is_buyer,
    lifetimes.purchases,
    lifetimes.first_purchased_at,
    lifetimes.last_purchased_at,
    lifetimes.dropped_at,
    case when lifetimes.purchases > 0 then lifetimes.dropped_at is null end as is_alive
from work.chunk as chunk
inner join work.lifetimes as lifetimes on chunk.customer_no = lifetimes.customer_no;

-- What was allowed at signup, and when it was taken back (where the law lets one be written to unasked, one objects).
create or replace table work.grants as
select
    chunk.customer_no, purposes.purpose_no, purposes.channel, purposes.purpose,
    later(chunk.created_at, 0.001e0) as granted_at,
    case when u('withdraws', thing(chunk.customer_no, purposes.purpose_no)) < 0.12e0
        then known(later(
            chunk.created_at, 0.5e0 + 250e0 * expo('withdrawn', thing(chunk.customer_no, purposes.purpose_no))
        ))
    end as withdrawn_at,
    case when chunk.country in ('US', 'CA', 'AU', 'JP') then 'objected' else 'withdrawn' end as withdrawal
from work.chunk as chunk, work.purposes as purposes
where consents_to(chunk.customer_no, purposes.purpose_no)
    and later(chunk.created_at, 0.001e0) < getvariable('end_at')
    and case purposes.channel
        when 'email' then chunk.has_email
        when 'sms' then chunk.has_phone
        when 'whatsapp' then chunk.has_phone and chunk.country in ('TR', 'BR', 'IN', 'ES', 'DE', 'IT', 'MX')
        else true
    end;
