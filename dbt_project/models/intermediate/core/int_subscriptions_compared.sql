with

subscriptions as (
    select * from {{ ref('stg_shop__subscriptions') }}
),

exchange_rates as (
    select * from {{ ref('int_exchange_rates_spanned') }}
),

compared as (
    select
        subscriptions.*,
        lag(subscription_id) over history as previous_subscription_id,
        lag(plan) over history as previous_plan,
        lag(plan_rank) over history as previous_plan_rank
    from subscriptions
    window history as (partition by customer_id order by started_at, subscription_id)
)

select
    compared.subscription_id,
    compared.customer_id,
    compared.plan,
    compared.plan_rank,
    compared.previous_plan,
    case
        when compared.previous_subscription_id is null then 'first'
        when compared.plan_rank > compared.previous_plan_rank then 'upgrade'
        when compared.plan_rank < compared.previous_plan_rank then 'downgrade'
        when compared.plan_rank = compared.previous_plan_rank then 'same'
        else 'unknown'
    end as plan_change,
    compared.ended_at is null as is_live,
    compared.started_at,
    compared.ended_at,
    compared.cancel_reason,
    compared.monthly_amount,
    cast(
        compared.monthly_amount
        * case when compared.currency is null then 1 else exchange_rates.rate_to_base end as decimal(18, 4)
    ) as monthly_base_amount
from compared
left join exchange_rates
    on
        compared.currency = exchange_rates.currency
        and compared.started_at >= exchange_rates.valid_from
        and (exchange_rates.valid_until is null or compared.started_at < exchange_rates.valid_until)
