-- Experiments: the arms with their share of people and their true effect, the chance that the campaign alone brings an
-- order in the goal window to somebody who is assigned to the arm. Exactly one campaign has no effect at all.
create table work.arms as
from (values
    (1, 'welcome', 'control', true, 0.0e0, 0.2e0, 0.0e0),
    (1, 'welcome', 'welcome', false, 0.2e0, 1.0e0, 0.15e0),
    (2, 'cart_reminder', 'control', true, 0.0e0, 0.3e0, 0.0e0),
    (2, 'cart_reminder', 'reminder', false, 0.3e0, 1.0e0, 0.15e0),
    (3, 'spring_offer', 'control', true, 0.0e0, 0.34e0, 0.0e0),
    (3, 'spring_offer', 'offer_10', false, 0.34e0, 0.67e0, 0.05e0),
    (3, 'spring_offer', 'offer_20', false, 0.67e0, 1.0e0, 0.12e0),
    (4, 'winback', 'control', true, 0.0e0, 0.3e0, 0.0e0),
    (4, 'winback', 'winback', false, 0.3e0, 1.0e0, 0.12e0),
    (5, 'double_points', 'control', true, 0.0e0, 0.5e0, 0.0e0),
    (5, 'double_points', 'double_points', false, 0.5e0, 1.0e0, 0.0e0)
) as t (campaign_no, campaign_id, arm, is_control, share_from, share_to, true_effect);

-- When a campaign runs, as shares of the shop's time; without an end it is evergreen.
create table work.campaigns as
with planned as (
    from (values
        (1, 'welcome', 'Welcome', 'onboarding', 'email', 'marketing_promotions', 30, 0.0e0, null::double, 400),
        (2, 'cart_reminder', 'Cart reminder', 'cart', 'email', 'marketing_promotions', 7, 0.25e0, null, 600),
        (3, 'spring_offer', 'Seasonal offer', 'engagement', 'email', 'marketing_promotions', 14, 0.55e0, 0.57e0, 2500),
        (4, 'winback', 'Win back', 'reactivation', 'email', 'marketing_promotions', 30, 0.70e0, 0.75e0, 1200),
        (5, 'double_points', 'Double points', 'loyalty', 'email', 'loyalty_program', 30, 0.80e0, 0.83e0, 800),
        (6, 'refer_a_friend', 'Refer a friend', 'referral', 'email', 'marketing_promotions', 30, 0.45e0, 0.48e0, 300),
        (7, 'sms_sale', 'Sale by text message', 'engagement', 'sms', 'marketing_promotions', 7, 0.62e0, 0.63e0, 900),
        (8, 'app_news', 'News in the app', 'engagement', 'push', 'marketing_promotions', 7, 0.66e0, 0.67e0, 100),
        (9, 'whatsapp_service', 'Service by WhatsApp', 'churn_prevention', 'whatsapp', 'marketing_promotions', 14,
            0.77e0, 0.78e0, 700)
    ) as t (campaign_no, campaign_id, name, program, channel, purpose, goal_window_days, begins, ends, cost_amount)
)

select
    campaign_no, campaign_id, name, program, channel, purpose, goal_window_days::bigint as goal_window_days,
    day_to_instant(floor(begins * getvariable('days')) + 8e0 / 24) as starts_at,
    day_to_instant(floor(ends * getvariable('days')) + 20e0 / 24) as ends_at,
    cost_amount
from planned
union all by name
select
    (100 + row_number() over (order by month_start))::integer as campaign_no,
    'newsletter_' || strftime(month_start, '%Y_%m') as campaign_id,
    'Newsletter ' || strftime(month_start, '%B %Y') as name,
    'engagement' as program, 'email' as channel, 'newsletter' as purpose, 5 as goal_window_days,
    month_start + interval '2 days 9 hours' as starts_at,
    month_start + interval '5 days' as ends_at,
    150 as cost_amount
from (select distinct date_trunc('month', calendar_date) as month_start from work.calendar)
where month_start >= getvariable('start_at') and month_start + interval '3 days' < getvariable('end_at');

create or replace view shop.campaigns as
select
    campaign_id, name, program, channel, purpose as audience, 'order_completed' as goal_event, goal_window_days,
    starts_at, ends_at, cost_amount
from work.campaigns;

-- Paid channels follow demand; what they bring is in the acquisition channel of the customers.
create or replace view shop.ad_spend as
with channels as (
    from (values ('paid_search', 1, 9000, 0.035e0, 0.55e0), ('paid_social', 2, 24000, 0.011e0, 0.40e0),
        ('display', 3, 40000, 0.004e0, 0.30e0)) as t (channel, channel_no, impressions_a_day, click_rate, click_cost)
),

days as (
    select
        calendar.calendar_date as spend_date, channel, click_rate, click_cost, thing(calendar.day, channel_no) as id,
        round(impressions_a_day * calendar.weight * (0.8e0 + 0.4e0 * u('ad.shown', thing(calendar.day, channel_no)))
            * getvariable('customers') / 10000e0)::bigint as impressions
    from work.calendar as calendar, channels
)

select
    spend_date, channel, null as campaign_id, impressions,
    round(impressions * click_rate * (0.85e0 + 0.3e0 * u('ad.clicks', id)))::bigint as clicks,
    round(round(impressions * click_rate * (0.85e0 + 0.3e0 * u('ad.clicks', id))) * click_cost, 2) as cost_amount,
    'EUR' as currency
from days;
