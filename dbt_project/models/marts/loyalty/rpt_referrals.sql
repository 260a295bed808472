with

referrals as (
    select * from {{ ref('fct_referrals') }}
),

{# A code that two people use belongs to neither. #}
own_codes as (
    select
        code,
        min(referrer_customer_id) as customer_id,
        min(invited_at) as first_invited_at
    from referrals
    where code is not null
    group by code
    having min(referrer_customer_id) = max(referrer_customer_id)
),

first_codes as (
    select
        customer_id,
        code,
        row_number() over (partition by customer_id order by first_invited_at, code) as code_rank
    from own_codes
),

counted as (
    select
        referrer_customer_id,
        sum(case when status <> 'blocked' then 1 else 0 end) as invited,
        sum(case when status in ('signed_up', 'qualified', 'clawed_back') then 1 else 0 end) as signed_up,
        sum(case when status = 'qualified' then 1 else 0 end) as qualified,
        sum(case when status = 'clawed_back' then 1 else 0 end) as clawed_back,
        sum(case when status = 'blocked' then 1 else 0 end) as blocked,
        sum(coalesce(reward_amount, 0)) as reward_amount,
        sum(coalesce(referee_reward_amount, 0)) as referee_reward_amount,
        max(case when status = 'qualified' then qualified_at end) as last_qualified_at,
        max(invited_at) as last_invited_at
    from referrals
    group by referrer_customer_id
)

select
    counted.referrer_customer_id,
    row_number() over (
        order by counted.qualified desc, counted.signed_up desc, counted.invited desc, counted.referrer_customer_id asc
    ) as referrer_rank,
    first_codes.code as referral_code,
    cast(counted.invited as bigint) as invited,
    cast(counted.signed_up as bigint) as signed_up,
    cast(counted.qualified as bigint) as qualified,
    cast(counted.clawed_back as bigint) as clawed_back,
    cast(counted.blocked as bigint) as blocked,
    cast(counted.reward_amount as decimal(18, 4)) as reward_amount,
    cast(counted.referee_reward_amount as decimal(18, 4)) as referee_reward_amount,
    counted.last_qualified_at,
    counted.last_invited_at
from counted
left join first_codes
    on
        counted.referrer_customer_id = first_codes.customer_id
        and first_codes.code_rank = 1
