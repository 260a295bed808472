with current_rows as (
    {{ current_rows('referrals') }}
)

select
    referral_id,
    referrer_customer_id,
    case
        when signed_up_at is null or signed_up_at < {{ as_of_end() }} then referee_customer_id
    end as referee_customer_id,
    code,
    channel,
    case
        when qualified_at is null or qualified_at < {{ as_of_end() }} then reward_amount
    end as reward_amount,
    invited_at,
    {{ if_known('signed_up_at') }} as signed_up_at,
    {{ if_known('qualified_at') }} as qualified_at
from current_rows
