with

onboarding as (
    select * from {{ ref('fct_onboarding_progress') }}
    where activated_at is not null
),

first_uses as (
    select
        customer_id,
        feature,
        min(first_used_at) as first_used_at
    from {{ ref('int_feature_months_counted') }}
    where is_key
    group by 1, 2
),

redemptions as (
    select * from {{ ref('stg_shop__loyalty_events') }}
    where kind = 'redeem'
),

answers as (
    select * from {{ ref('stg_shop__survey_responses') }}
    where customer_id is not null
)

select
    customer_id,
    activated_at as occurred_at,
    'activated' as event_name,
    cast(null as decimal(18, 4)) as value
from onboarding
union all
select
    customer_id,
    first_used_at as occurred_at,
    'feature_first_used' as event_name,
    cast(null as decimal(18, 4)) as value
from first_uses
union all
select
    customer_id,
    occurred_at,
    'points_redeemed' as event_name,
    cast(abs(points) as decimal(18, 4)) as value
from redemptions
union all
select
    customer_id,
    responded_at as occurred_at,
    'survey_answered' as event_name,
    cast(score as decimal(18, 4)) as value
from answers
