-- The random source: a number in (0, 1) is a pure function of (seed, purpose, id), so neither the order of rows nor the
-- number of threads matters. `hash` of an unsigned integer is DuckDB's 64-bit finaliser, equal in 1.5 and 2.0.
create macro u(purpose, id) as (
    (hash(xor(hash(id::ubigint), md5_number_lower(getvariable('seed') || ':' || purpose))) >> 11)::double + 0.5e0
) / 9007199254740992e0;

-- Ids of second and third level: things of a customer, parts of a thing (at most 4,096 things, 64 parts each).
create macro thing(customer_no, thing_no) as customer_no * 4096 + thing_no;
create macro part(thing_id, part_no) as thing_id * 64 + part_no;

-- Standard exponential; standard normal by Box and Muller.
create macro expo(purpose, id) as -ln(u(purpose, id));
create macro normal(purpose, id) as
    sqrt(-2e0 * ln(u(purpose || '.radius', id))) * cos(2e0 * pi() * u(purpose || '.angle', id));

-- Gamma draws of scale 1, exact because the shapes are halves and whole numbers: a whole shape is a sum of
-- exponentials, a half more is half a squared normal. Beta is the usual ratio of two gammas.
create macro gamma_half(purpose, id) as 0.5e0 * normal(purpose, id) ** 2;
create macro gamma_3_5(purpose, id) as
    expo(purpose || '.1', id) + expo(purpose || '.2', id) + expo(purpose || '.3', id)
    + gamma_half(purpose || '.half', id);
create macro gamma_4(purpose, id) as
    expo(purpose || '.1', id) + expo(purpose || '.2', id) + expo(purpose || '.3', id) + expo(purpose || '.4', id);
create macro gamma_6(purpose, id) as
    gamma_4(purpose, id) + expo(purpose || '.5', id) + expo(purpose || '.6', id);
create macro beta_half_3_5(purpose, id) as
    gamma_half(purpose || '.x', id) / (gamma_half(purpose || '.x', id) + gamma_3_5(purpose || '.y', id));

create macro pick(options, draw) as options[1 + floor(draw * len(options))::integer];
create macro in_language(language, german, turkish, english) as
    case coalesce(language, '') when 'de' then german when 'tr' then turkish else english end;
create macro customer_key(customer_no) as 'c' || (100000000 + customer_no);
create macro thing_key(customer_no, thing_no) as (100000000 + customer_no) || '-' || (1000 + thing_no);

-- Time. Days are counted from the first day of the shop; the shop's people are awake when it is day where they live.
-- The map is monotone, so that what comes first stays first, and never passes the end.
create macro awake(fraction) as case
    when fraction < 0.04e0 then fraction / 0.04e0 * 0.25e0
    when fraction < 0.50e0 then 0.25e0 + (fraction - 0.04e0) / 0.46e0 * 0.375e0
    when fraction < 0.93e0 then 0.625e0 + (fraction - 0.50e0) / 0.43e0 * 0.3125e0
    else 0.9375e0 + (fraction - 0.93e0) / 0.07e0 * 0.0625e0
end;
create macro day_to_instant(day) as
    make_timestamp((getvariable('start_second') + floor(86400e0 * day)::bigint) * 1000000);
create macro clock(day, utc_offset) as day_to_instant(
    case
        when floor(day + utc_offset / 24e0) + 1 - utc_offset / 24e0 > getvariable('days') then day
        else floor(day + utc_offset / 24e0) + awake((day + utc_offset / 24e0) % 1e0) - utc_offset / 24e0
    end
);
create macro later(instant, days) as instant + to_seconds(floor(86400e0 * days)::bigint);
create macro known(instant) as case when instant < getvariable('end_at') then instant end;

create schema work;
create schema shop;
create schema truth;
