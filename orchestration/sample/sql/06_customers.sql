create or replace view shop.customers as
with named as (
    select
        people.*,
        1 + floor(u('account', customer_no) * ceil(getvariable('customers') / 250e0))::bigint as drawn_account,
        case
            when u('gender', customer_no) < 0.52e0 then 'female'
            when u('gender', customer_no) < 0.99e0 then 'male'
            else 'diverse'
        end as declared,
        pick(case when u('gender', customer_no) < 0.52e0 then women else men end, u('given', customer_no))
            as first_name,
        pick(families, u('family', customer_no)) as last_name
    from work.people as people
    inner join work.names as names on names.language = coalesce(split_part(people.language, '-', 1), 'en')
)

select
    customer_id,
    created_at,
    coalesce(known(later(created_at, 120e0 * expo('updated', customer_no))), created_at) as updated_at,
    case when has_email then
        translate(strip_accents(lower(first_name || '.' || last_name)), 'ıøł '' ', 'iol')
        || '.' || customer_no || '@example.com'
    end as email,
    case when has_phone then '+999' || (100000000 + customer_no) end as phone,
    first_name,
    last_name,
    case when u('birthday', customer_no) < 0.6e0
        then (getvariable('start_at')::date - (6800 + floor(20000e0 * u('age', customer_no) ** 1.4e0))::integer)
    end as birth_date,
    case when u('gender.told', customer_no) < 0.7e0 then declared end as gender,
    country,
    region,
    city,
    language,
    timezone,
    pick([
        'organic', 'organic', 'organic', 'organic', 'organic', 'paid_search', 'paid_search', 'paid_search',
        'paid_search', 'paid_social', 'paid_social', 'paid_social', 'paid_social', 'referral', 'referral', 'email',
        'direct', 'direct', 'display', null
    ], u('channel', customer_no)) as acquisition_channel,
    -- every fifth account is one that nobody uses: people who signed up long ago and never bought
    case
        when is_business and drawn_account % 5 = 2
            and (is_natural_buyer or signup_demand > 0.75e0 * getvariable('days'))
            then 'b' || (100000 + drawn_account - 1)
        when is_business then 'b' || (100000 + drawn_account)
    end as account_id,
    case when u('deleted', customer_no) < 0.005e0
        then known(later(created_at, 200e0 * expo('deleted.at', customer_no)))
    end as deleted_at
from named;

create or replace view shop.accounts as
select
    'b' || (100000 + account_no) as account_id,
    pick(['Blue', 'Northern', 'Bright', 'United', 'First', 'Open', 'Alpine', 'Marmara'], u('account.first', account_no))
        || ' ' || pick(['Logistics', 'Foods', 'Studios', 'Clinics', 'Schools', 'Hotels', 'Works', 'Systems'],
            u('account.industry', account_no)) || ' ' || account_no as name,
    pick(['logistics', 'food', 'media', 'health', 'education', 'hospitality', 'manufacturing', 'software'],
        u('account.industry', account_no)) as industry,
    ceil(5e0 * exp(1.3e0 * abs(normal('account.size', account_no))))::bigint as employees,
    round(90000e0 * ceil(5e0 * exp(1.3e0 * abs(normal('account.size', account_no))))
        * (0.5e0 + u('account.revenue', account_no)), -3) as annual_revenue_amount,
    place_slots.country,
    getvariable('start_at') - to_days(1 + floor(400e0 * u('account.age', account_no))::integer) as created_at
from range(1, ceil(getvariable('customers') / 250e0)::bigint + 1) as r (account_no)
inner join work.place_slots as place_slots on place_slots.slot = floor(990e0 * u('account.place', account_no))::bigint;

-- A first device known from the signup on, and for every fourth a second one that is recognised later.
create table work.devices as
select
    customer_no,
    customer_id,
    device_no,
    'a' || thing_key(customer_no, device_no) as anonymous_id,
    case device_no when 1 then created_at else known(later(created_at, 60e0 * expo('second.device', customer_no))) end
        as linked_at
from work.people, range(1, 3) as r (device_no)
where device_no = 1 or u('devices', customer_no) < 0.25e0;

create or replace view shop.identities as
select anonymous_id, customer_id, linked_at from work.devices where linked_at is not null;

create or replace view shop.interests as
select
    customer_id,
    category as interest,
    later(created_at, 0.02e0) as declared_at,
    later(created_at, 365.02e0) as expires_at
from work.people, work.categories as categories
where u('interest', thing(customer_no, category_no)) < 0.02e0 and later(created_at, 0.02e0) < getvariable('end_at');

create or replace view shop.erasures as
select
    customer_id,
    later(created_at, date_diff('second', created_at, getvariable('end_at')) / 86400e0 * u('erased.at', customer_no))
        as requested_at
from work.people
order by u('erased', customer_no)
limit (3 + floor(getvariable('customers') / 2000e0))::bigint;

-- Friends: who came by referral was invited by somebody who signed up earlier; some invitations lead nowhere.
create or replace view shop.referrals as
with referees as (
    select
        people.*, 1 + floor(u('referrer', people.customer_no) * (people.customer_no - 1))::bigint as referrer_no,
        case when is_treated then treated_first_at else natural_first_at end as first_at
    from work.people as people
    inner join shop.customers as customers on people.customer_id = customers.customer_id
    where customers.acquisition_channel = 'referral' and people.customer_no > 1
),

invitations as (
    select
        'r' || (100000000 + referees.customer_no) as referral_id, referrers.customer_no as referrer_no,
        referees.customer_id as referee_customer_id,
        later(referrers.created_at, date_diff('second', referrers.created_at, referees.created_at) / 86400e0
            * (0.5e0 + 0.5e0 * u('invited', referees.customer_no))) as invited_at,
        referees.created_at as signed_up_at, referees.first_at as qualified_at
    from referees
    inner join work.people as referrers on referees.referrer_no = referrers.customer_no
    union all
    select
        'x' || (100000000 + customer_no), customer_no, null,
        known(later(created_at, 90e0 * expo('invites.at', customer_no))), null, null
    from work.people
    where u('invites', customer_no) < 0.06e0
)

select
    referral_id, customer_key(referrer_no) as referrer_customer_id, referee_customer_id,
    'FRIEND' || referrer_no as code,
    pick(['email', 'whatsapp', 'link', 'link'], u('invite.channel', referrer_no)) as channel,
    invited_at, signed_up_at, qualified_at,
    case when qualified_at is not null then 10 end as reward_amount
from invitations
where invited_at is not null;
