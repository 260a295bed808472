-- Visits that do not end in an order at once: carts left behind, and looking around.
create or replace table work.visits as
with counted as (
    select
        lifetimes.*, chunk.signup_demand, chunk.utc_offset,
        floor((0.3e0 + 0.22e0 * purchases) * expo('carts', chunk.customer_no) + u('carts.more', chunk.customer_no)) as carts,
        floor((0.6e0 + 0.35e0 * purchases) * expo('visits', chunk.customer_no) + u('visits.more', chunk.customer_no)) as visits
    from work.lifetimes as lifetimes
    inner join work.chunk as chunk on lifetimes.customer_no = chunk.customer_no
),

numbered as (
    select *, unnest(range(1, least(carts + visits, 4000)::bigint + 1)) as visit_no from counted
),

planned as (
    select
        customer_no, utc_offset, visit_no, visit_no <= carts as is_cart,
        signup_demand + (attentive_until - signup_demand) * u('visit', thing(customer_no, visit_no)) as demand
    from numbered
)

select
    customer_no, visit_no, is_cart,
    case when is_cart then 'cart' else 'browse' end as kind,
    later(clock(days.day + planned.demand % 1e0 * days.slope, utc_offset), 0.01e0) as visited_at
from planned
inner join work.demand_days as days on days.demand_day = floor(planned.demand)::bigint
where later(clock(days.day + planned.demand % 1e0 * days.slope, utc_offset), 0.03e0) < getvariable('end_at');
