select
    customer_id,
    ordered_at as occurred_at,
    'order_completed' as event_name,
    net_amount as value,
    cast(null as varchar) as product_id,
    cast(null as varchar) as campaign_id
from {{ ref('int_orders_netted_of_refunds') }}
where is_counted

union all

select customer_id, started_at, 'subscription_started', monthly_amount, cast(null as varchar), cast(null as varchar)
from {{ ref('stg_shop__subscriptions') }}

union all

select customer_id, ended_at, 'subscription_ended', monthly_amount, cast(null as varchar), cast(null as varchar)
from {{ ref('stg_shop__subscriptions') }}
where ended_at is not null

union all

select
    customer_id, opened_at, 'support_ticket_opened',
    cast(null as decimal(18, 4)), cast(null as varchar), cast(null as varchar)
from {{ ref('stg_shop__support_tickets') }}

union all

select
    customer_id, reviewed_at, 'review_written',
    cast(rating as decimal(18, 4)), product_id, cast(null as varchar)
from {{ ref('stg_shop__reviews') }}

union all

select
    customer_id, responded_at, 'nps_answered',
    cast(score as decimal(18, 4)), cast(null as varchar), cast(null as varchar)
from {{ ref('stg_shop__survey_responses') }}
where survey = 'nps' and customer_id is not null

union all

select
    referrer_customer_id, qualified_at, 'referral_qualified',
    reward_amount, cast(null as varchar), cast(null as varchar)
from {{ ref('stg_shop__referrals') }}
where qualified_at is not null

union all

{# An open or click by a machine is nothing the person did. #}
select
    customer_id, occurred_at, channel || '_' || event,
    cast(null as decimal(18, 4)), cast(null as varchar), campaign_id
from {{ ref('stg_shop__message_events') }}
where not (event in ('opened', 'clicked') and coalesce(is_machine, false))
