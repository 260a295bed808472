with

referrals as (
    select * from {{ ref('int_referrals_checked') }}
),

customers as (
    select
        customer_id,
        country
    from {{ ref('stg_shop__customers') }}
),

terms as (
    select * from {{ ref('referral_terms') }}
),

terms_elsewhere as (
    select
        max(case when country = '*' then referrer_reward_amount end) as referrer_reward_amount,
        max(case when country = '*' then referee_reward_amount end) as referee_reward_amount
    from terms
),

judged as (
    select
        *,
        case
            when blocked_reason is not null then 'blocked'
            when clawed_back_at is not null then 'clawed_back'
            when qualified_at is not null then 'qualified'
            when signed_up_at is not null then 'signed_up'
            else 'invited'
        end as status
    from referrals
)

select
    judged.referral_id,
    judged.referrer_customer_id,
    judged.referee_customer_id,
    judged.code,
    judged.channel,
    judged.status,
    judged.blocked_reason,
    judged.invited_at,
    judged.signed_up_at,
    judged.qualified_at,
    judged.clawed_back_at,
    case
        when judged.status = 'qualified'
            then coalesce(
                judged.reward_amount, referrer_terms.referrer_reward_amount, terms_elsewhere.referrer_reward_amount
            )
    end as reward_amount,
    case
        when judged.status = 'qualified'
            then coalesce(referee_terms.referee_reward_amount, terms_elsewhere.referee_reward_amount)
    end as referee_reward_amount
from judged
cross join terms_elsewhere
left join customers as referrers on judged.referrer_customer_id = referrers.customer_id
left join customers as referees on judged.referee_customer_id = referees.customer_id
left join terms as referrer_terms on referrers.country = referrer_terms.country
left join terms as referee_terms on referees.country = referee_terms.country
