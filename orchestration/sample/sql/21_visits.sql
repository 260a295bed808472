-- Visits that do not end in an order at once: carts left behind, and looking around. (DuckDB 2.0.0 now and then stops
-- with an internal error when rows are unnested straight from a join, here and in the other files: join first, unnest a
-- table.)
create or replace table work.visits as
with counted as (
    select
        *,
        floor((0.3e0 + 0.22e0 * purchases) * expo('carts', customer_no) + u('carts.more', customer_no)) as carts,
        floor((0.6e0 + 0.35e0 * purchases) * expo('visits', customer_no) + u('visits.more', customer_no)) as visits
    from work.lifetimes
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
    later(clock(calendar_day(demand), utc_offset), 0.01e0) as visited_at
from planned
where later(clock(calendar_day(demand), utc_offset), 0.03e0) < getvariable('end_at');
