-- Who they are and how they will buy. Buying is BG/NBD from the first purchase on: purchases come at a gamma
-- distributed rate, and after each repeat purchase a beta distributed chance ends it; order values are gamma-gamma.
create macro consents_to(customer_no, purpose_no) as
    u('consent', thing(customer_no, purpose_no))
    < [0.6e0, 0.55e0, 0.4e0, 0.5e0, 0.55e0, 0.25e0, 0.3e0, 0.2e0][purpose_no];

create table work.purposes as
from (values
    (1, 'email', 'newsletter'), (2, 'email', 'marketing_promotions'), (3, 'email', 'product_tips'),
    (4, 'email', 'surveys'), (5, 'email', 'loyalty_program'), (6, 'sms', 'marketing_promotions'),
    (7, 'push', 'marketing_promotions'), (8, 'whatsapp', 'marketing_promotions')
) as t (purpose_no, channel, purpose);

create table work.draws as
select
    customer_no,
    floor(1000e0 * u('place', customer_no))::bigint as slot,
    -- signups grow: density rises by 40 % over the shop's time; numbers are given in order of signup
    getvariable('days') * (
        -2.5e0 + sqrt(6.25e0 + 6e0 * (customer_no - 1 + u('signup', customer_no)) / getvariable('customers'))
    ) as signup_demand,
    u('email', customer_no) < 0.97e0 as has_email,
    u('phone', customer_no) < 0.55e0 as has_phone,
    u('business', customer_no) < 0.04e0 as is_business,
    gamma_half('rate', customer_no) / 2e0 as purchases_a_week,
    beta_half_3_5('dropout', customer_no) as dropout_chance,
    gamma_4('value', customer_no) / 25e0 as value_rate,
    u('buyer', customer_no) < 0.72e0 as is_natural_buyer,
    case
        when u('first.now', customer_no) < 0.55e0 then 0.01e0 + 0.02e0 * u('first.lag', customer_no)
        else 0.03e0 + 21e0 * expo('first.lag', customer_no)
    end as first_lag,
    u('email', customer_no) < 0.97e0 and consents_to(customer_no, 2) as is_in_welcome,
    u('welcome.arm', customer_no) as welcome_share,
    u('welcome.effect', customer_no) as welcome_effect
from range(1, getvariable('customers')::bigint + 1) as r (customer_no);

-- Demand time of the first purchase without and with the welcome campaign (it brings the purchase forward).
create table work.firsts as
select
    draws.customer_no,
    case when is_natural_buyer then signup_demand + first_lag end as natural_demand,
    case
        when is_in_welcome and welcome_effect < arms.true_effect
            then least(
                signup_demand + 1e0 + 18e0 * u('welcome.lag', draws.customer_no),
                case when is_natural_buyer then signup_demand + first_lag end
            )
        when is_natural_buyer then signup_demand + first_lag
    end as treated_demand,
    is_in_welcome and welcome_share >= arms.share_from as is_treated
from work.draws as draws, work.arms as arms
where arms.arm = 'welcome';

create table work.people as
select
    draws.* exclude (slot, first_lag, welcome_effect),
    places.* exclude (slot),
    customer_key(draws.customer_no) as customer_id,
    clock(calendar_day(draws.signup_demand), places.utc_offset) as created_at,
    known(clock(calendar_day(firsts.natural_demand), places.utc_offset)) as natural_first_at,
    known(clock(calendar_day(firsts.treated_demand), places.utc_offset)) as treated_first_at,
    firsts.is_treated,
    case when firsts.is_treated then firsts.treated_demand else firsts.natural_demand end as first_demand
from work.draws as draws
inner join work.firsts as firsts on draws.customer_no = firsts.customer_no
inner join work.place_slots as places on draws.slot = places.slot;

drop table work.draws;
drop table work.firsts;

create view truth.parameters as
from (values
    ('bgnbd', 'r', 0.5e0), ('bgnbd', 'alpha', 2.0e0), ('bgnbd', 'a', 0.5e0), ('bgnbd', 'b', 3.5e0),
    ('gamma_gamma', 'p', 6.0e0), ('gamma_gamma', 'q', 4.0e0), ('gamma_gamma', 'v', 25.0e0)
) as t (model, parameter, value);
