with

ad_spend as (
    select * from {{ ref('stg_shop__ad_spend') }}
),

exchange_rates as (
    select * from {{ ref('int_exchange_rates_spanned') }}
),

converted as (
    select
        ad_spend.channel,
        ad_spend.spend_date,
        ad_spend.impressions,
        ad_spend.clicks,
        cast(
            ad_spend.cost_amount * case when ad_spend.currency is null then 1 else exchange_rates.rate_to_base end
            as decimal(18, 4)
        ) as cost_amount
    from ad_spend
    left join exchange_rates
        on
            ad_spend.currency = exchange_rates.currency
            and ad_spend.spend_date >= exchange_rates.valid_from
            and (exchange_rates.valid_until is null or ad_spend.spend_date < exchange_rates.valid_until)
)

select
    {{ month_start('spend_date') }} as period_start,
    channel,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    cast(case when count(*) = count(cost_amount) then sum(cost_amount) end as decimal(18, 4)) as cost_amount,
    cast(count(*) - count(cost_amount) as bigint) as rows_without_cost
from converted
group by 1, 2
