select
    customer_id,
    ordered_at as occurred_at,
    'order_completed' as event_name,
    net_amount as value,
    cast(null as varchar) as product_id
from {{ ref('int_orders_netted_of_refunds') }}
where is_counted
union all
select
    customer_id,
    started_at as occurred_at,
    'subscription_started' as event_name,
    monthly_amount as value,
    cast(null as varchar) as product_id
from {{ ref('stg_shop__subscriptions') }}
union all
select
    customer_id,
    ended_at as occurred_at,
    'subscription_ended' as event_name,
    monthly_amount as value,
    cast(null as varchar) as product_id
from {{ ref('stg_shop__subscriptions') }}
where ended_at is not null
union all
select
    customer_id,
    started_at as occurred_at,
    'subscription_upgraded' as event_name,
    monthly_amount as value,
    cast(null as varchar) as product_id
from {{ ref('int_subscriptions_compared') }}
where plan_change = 'upgrade'
union all
select
    customer_id,
    opened_at as occurred_at,
    'support_ticket_opened' as event_name,
    cast(null as decimal(18, 4)) as value,
    cast(null as varchar) as product_id
from {{ ref('stg_shop__support_tickets') }}
union all
select
    customer_id,
    reviewed_at as occurred_at,
    'review_written' as event_name,
    cast(rating as decimal(18, 4)) as value,
    product_id
from {{ ref('stg_shop__reviews') }}
union all
select
    customer_id,
    responded_at as occurred_at,
    'nps_answered' as event_name,
    cast(score as decimal(18, 4)) as value,
    cast(null as varchar) as product_id
from {{ ref('stg_shop__survey_responses') }}
where survey = 'nps' and customer_id is not null
union all
select
    referrer_customer_id as customer_id,
    qualified_at as occurred_at,
    'referral_qualified' as event_name,
    reward_amount as value,
    cast(null as varchar) as product_id
from {{ ref('stg_shop__referrals') }}
where qualified_at is not null
union all
select
    customer_id,
    occurred_at,
    event_name,
    value,
    cast(null as varchar) as product_id
from {{ ref('int_program_records_listed_as_events') }}
