-- Visits of every kind. What a visit was about: its first order line, or something from the favourite category. Its value is
-- in the base currency, because an event has no currency of its own.
create or replace table work.visits_of_all_kinds as
with ordering as (
    select
        orders.customer_no, orders.order_no as session_no, orders.id, orders.ordered_at, orders.channel,
        round((orders.gross_amount - orders.discount_amount) * orders.rate_to_base, 2) as value,
        lines.category_no, lines.step
    from work.orders as orders
    inner join work.lines as lines on orders.id = lines.id and lines.line_number = 1
    where orders.channel <> 'store' and not orders.is_cancelled
),

looking as (
    select
        visits.customer_no, visits.visit_no, visits.kind, visits.visited_at,
        thing(visits.customer_no, visits.visit_no) as id,
        gamma_6('cart.value', thing(visits.customer_no, visits.visit_no)) / chunk.value_rate as value
    from work.visits as visits
    inner join work.chunk as chunk on visits.customer_no = chunk.customer_no
)

select
    customer_no, 'o' as letter, session_no, 'order' as kind, ordered_at as visited_at, part(id, 0) as id, value,
    category_no, step, channel = 'app' as is_app, null as campaign_id
from ordering
union all
-- carts left behind and recovered later by this order
select
    customer_no, 'r', session_no, 'cart', later(ordered_at, -0.05e0 - 3e0 * u('recovered.at', id)), part(id, 1), value,
    category_no, step, false, null
from ordering
where u('recovered', id) < 0.1e0
union all
select
    customer_no, 'v', visit_no, kind, visited_at, part(id, 2),
    round(value, 2),
    floor(12e0 * case when u('look', id) < 0.7e0 then u('favourite', customer_no) else u('look.any', id) end)::bigint,
    price_step(value / 1.5e0), u('visit.app', id) < 0.3e0, null
from looking
union all
-- before the signup, and strangers who never sign up
select
    customer_no, 'p', 0, 'glance', later(created_at, -0.5e0 - 9e0 * u('glance.at', customer_no)),
    part(thing(customer_no, 0), 3), null, floor(12e0 * u('favourite', customer_no))::bigint,
    floor(12e0 * u('glance.step', customer_no))::bigint, false, null
from work.chunk
where u('glance', customer_no) < 0.4e0
union all
select
    customer_no, 'x', 0, 'glance', later(created_at, -0.5e0 - 20e0 * u('stranger.at', customer_no)),
    part(thing(customer_no, 0), 4), null, floor(12e0 * u('stranger.look', customer_no))::bigint,
    floor(12e0 * u('stranger.step', customer_no))::bigint, false, null
from work.chunk
where u('stranger', customer_no) < 0.6e0
union all
select customer_no, 's', 0, 'signup', created_at, part(thing(customer_no, 0), 5), null, null, null, false, null
from work.chunk
union all
select
    customer_no, 'm', campaign_no, 'click', later(occurred_at, 0.0001e0), part(id, 6), null,
    floor(12e0 * u('favourite', customer_no))::bigint, floor(12e0 * u('click.step', id))::bigint, false, campaign_id
from work.reactions
where event = 'clicked';

-- The same with the device and who was behind it as far as the shop can know, in the order of the keys.
create or replace table work.sessions as
with recognised as (
    select
        visits.*,
        case
            when kind = 'browse' and u('devices', customer_no) < 0.25e0 and u('which.device', id) < 0.4e0 then 2
            else 1
        end as device_no
    from work.visits_of_all_kinds as visits
)

select
    visits.* exclude (category_no, step),
    product_key(visits.category_no, visits.step) as product_id,
    chunk.customer_id, chunk.country,
    case when letter = 'x' then 'x' || (100000000 + visits.customer_no) else devices.anonymous_id end as anonymous_id,
    case when letter <> 'x' then devices.linked_at end as linked_at,
    letter || thing_key(visits.customer_no, session_no) as session_id,
    case when kind in ('browse', 'glance', 'order')
        then pick(['search', 'search', 'social', 'newsletter', null, null, null, null], u('source', visits.id))
    end as source,
    case when is_app then 'app' else pick(['mobile', 'mobile', 'desktop', 'desktop', 'tablet'],
        u('device', thing(visits.customer_no, visits.device_no))) end as device
from recognised as visits
inner join work.chunk as chunk on visits.customer_no = chunk.customer_no
inner join work.devices as devices on visits.customer_no = devices.customer_no and visits.device_no = devices.device_no
order by letter, visits.customer_no, session_no;

-- What happens in a visit: name of each step, its chance, and how many days after the visit's instant it comes.
create or replace macro steps_of(kind) as case kind
    when 'order' then [
        ('page_viewed', 0.40e0, -0.020e0), ('product_viewed', 0.85e0, -0.012e0), ('cart_updated', 1e0, -0.006e0),
        ('checkout_started', 1e0, -0.002e0), ('order_completed', 1e0, 0e0)
    ]
    when 'cart' then [
        ('product_viewed', 0.80e0, 0e0), ('cart_updated', 1e0, 0.004e0), ('checkout_started', 0.35e0, 0.006e0)
    ]
    when 'browse' then [
        ('page_viewed', 0.80e0, 0e0), ('search_performed', 0.15e0, 0.001e0), ('product_viewed', 0.80e0, 0.002e0),
        ('wishlist_added', 0.05e0, 0.004e0)
    ]
    when 'signup' then [
        ('signed_up', 1e0, 0e0), ('onboarding_profile_completed', 0.70e0, 0.003e0),
        ('onboarding_preferences_set', 0.52e0, 0.02e0), ('onboarding_app_installed', 0.35e0, 1e0),
        ('onboarding_first_wishlist', 0.22e0, 3e0)
    ]
    else [('page_viewed', 1e0, 0e0), ('product_viewed', 0.55e0, 0.002e0)]
end;

-- A visit is a person's as soon as the device is known; the steps of onboarding are taken one after the other.
create or replace view shop.events as
with stepping as (
    select *, unnest(steps_of(kind)) as step, unnest([1, 2, 3, 4, 5]) as step_no from work.sessions
),

happening as (
    select *, step[1] as event_name, later(visited_at, step[3]) as occurred_at
    from stepping
    where u('step', part(id, case kind when 'signup' then 0 else step_no end)) < step[2]
)

select
    'e' || session_id || '-' || step_no as event_id,
    occurred_at,
    event_name,
    case when occurred_at >= linked_at then customer_id end as customer_id,
    anonymous_id,
    session_id,
    case when event_name in ('product_viewed', 'cart_updated', 'wishlist_added') then product_id end as product_id,
    case when event_name in ('cart_updated', 'checkout_started', 'order_completed') then value end as value,
    case event_name
        when 'product_viewed' then '/products/' || product_id
        when 'cart_updated' then '/cart'
        when 'checkout_started' then '/checkout'
        when 'order_completed' then '/thank-you'
        when 'page_viewed' then '/'
    end as url,
    case when step_no = 1 and source = 'search' then 'https://search.example.com/' end as referrer,
    case when kind = 'click' then 'message' when step_no = 1 then source end as utm_source,
    case
        when kind = 'click' then 'email'
        when step_no > 1 then null
        when source = 'search' then 'cpc'
        when source = 'social' then 'paid_social'
        when source = 'newsletter' then 'email'
    end as utm_medium,
    campaign_id as utm_campaign,
    device,
    country
from happening
where occurred_at >= getvariable('start_at') and occurred_at < getvariable('end_at');
