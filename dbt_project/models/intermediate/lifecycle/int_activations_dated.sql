select
    customer_id,
    cast(max(done_at) as date) as activated_on
from {{ ref('int_onboarding_steps_done') }}
group by customer_id
having count(*) = {{ var('activation_events') | length }}
