with

referrals as (
    select * from {{ ref('stg_shop__referrals') }}
),

{# The same mailbox or number, however it is written. #}
contacts as (
    select
        customer_id,
        lower(split_part(split_part(email, '@', 1), '+', 1) || '@' || split_part(email, '@', 2)) as mailbox,
        nullif(trim(leading '+0' from translate(phone, ' -()./', '')), '') as phone_number
    from {{ ref('stg_shop__customers') }}
),

purchases as (
    select
        customer_id,
        max(case when is_counted or status = 'pending' then 1 else 0 end) as has_standing_order,
        max(case when status in ('cancelled', 'refunded') then voided_at end) as last_voided_at
    from {{ ref('int_orders_netted_of_refunds') }}
    group by customer_id
),

subscribers as (
    select distinct customer_id from {{ ref('stg_shop__subscriptions') }}
),

compared as (
    select
        referrals.*,
        coalesce(
            referrals.referrer_customer_id = referrals.referee_customer_id
            or referrer.mailbox = referee.mailbox
            or referrer.phone_number = referee.phone_number, false
        ) as is_self,
        case
            when
                referrals.qualified_at is not null
                and purchases.has_standing_order = 0
                and subscribers.customer_id is null
                then purchases.last_voided_at
        end as clawed_back_at
    from referrals
    left join contacts as referrer on referrals.referrer_customer_id = referrer.customer_id
    left join contacts as referee on referrals.referee_customer_id = referee.customer_id
    left join purchases on referrals.referee_customer_id = purchases.customer_id
    left join subscribers on referrals.referee_customer_id = subscribers.customer_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by referee_customer_id, is_self
            order by signed_up_at asc nulls last, invited_at asc, referral_id asc
        ) as referee_rank
    from compared
)

select
    referral_id,
    referrer_customer_id,
    referee_customer_id,
    code,
    channel,
    reward_amount,
    case
        when is_self then 'self_referral'
        when referee_customer_id is not null and referee_rank > 1 then 'already_referred'
    end as blocked_reason,
    invited_at,
    signed_up_at,
    qualified_at,
    clawed_back_at
from ranked
