with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

loyalty_accounts as (
    select * from {{ ref('fct_loyalty_accounts') }}
),

referrers as (
    select * from {{ ref('rpt_referrals') }}
),

referees as (
    select
        referee_customer_id,
        max(case when status = 'qualified' then qualified_at end) as qualified_at
    from {{ ref('fct_referrals') }}
    where status in ('signed_up', 'qualified', 'clawed_back')
    group by referee_customer_id
),

lead_scores as (
    select * from {{ ref('fct_lead_scores') }}
)

select
    customers.customer_id,
    loyalty_accounts.customer_id is not null as is_loyalty_member,
    loyalty_accounts.tier as loyalty_tier,
    loyalty_accounts.perks as loyalty_perks,
    loyalty_accounts.tier_since as loyalty_tier_since,
    loyalty_accounts.tier_valid_until as loyalty_tier_valid_until,
    {{ days_between('loyalty_accounts.tier_upgraded_on', as_of_date()) }} as days_since_tier_upgrade,
    coalesce(loyalty_accounts.is_in_grace, false) as is_loyalty_tier_in_grace,
    loyalty_accounts.next_tier as next_loyalty_tier,
    loyalty_accounts.points_to_next_tier,
    coalesce(loyalty_accounts.points_balance, 0) as points_balance,
    coalesce(loyalty_accounts.points_expiring_30d, 0) as points_expiring_30d,
    loyalty_accounts.next_expiry_on as points_next_expiry_on,
    coalesce(loyalty_accounts.points_earned_365d, 0) as points_earned_365d,
    coalesce(referrers.invited, 0) as referral_invited_count,
    coalesce(referrers.qualified, 0) as referral_qualified_count,
    {{ days_between('referrers.last_qualified_at', as_of_date()) }} as days_since_friend_qualified,
    referrers.referral_code,
    referees.referee_customer_id is not null as is_referred,
    {{ days_between('referees.qualified_at', as_of_date()) }} as days_since_referral_qualified,
    lead_scores.lead_grade,
    lead_scores.fit_score as lead_fit_score,
    lead_scores.engagement_score as lead_engagement_score,
    coalesce(lead_scores.is_mql, false) as is_mql,
    lead_scores.mql_since
from customers
left join loyalty_accounts on customers.customer_id = loyalty_accounts.customer_id
left join referrers on customers.customer_id = referrers.referrer_customer_id
left join referees on customers.customer_id = referees.referee_customer_id
left join lead_scores on customers.customer_id = lead_scores.customer_id
