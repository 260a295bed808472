with

origins as (
    select * from {{ ref('int_forecast_origins_listed') }}
),

purchases as (
    select * from {{ ref('int_purchase_days_merged') }}
),

customers as (
    select
        customer_id,
        {{ hash_slot("'forecast_training'", 'customer_id') }} as slot,
        count(*) over () as customer_count
    from purchases
    group by customer_id
),

sampled as (
    select purchases.*
    from purchases
    inner join customers on purchases.customer_id = customers.customer_id
    where customers.slot * customers.customer_count < 10000 * cast({{ var('forecast_sample_customers') }} as bigint)
),

{# Every purchase that stood at the origin. #}
standing as (
    select
        origins.origin_on,
        purchases.*
    from purchases
    inner join origins
        on
            origins.is_everyone
            and purchases.purchased_on <= origins.origin_on
            and (purchases.voided_on is null or purchases.voided_on > origins.origin_on)
    union all
    select
        origins.origin_on,
        sampled.*
    from sampled
    inner join origins
        on
            not origins.is_everyone
            and sampled.purchased_on <= origins.origin_on
            and (sampled.voided_on is null or sampled.voided_on > origins.origin_on)
),

summed as (
    select
        origin_on,
        customer_id,
        count(*) - 1 as repeat_count,
        min(purchased_on) as first_purchased_on,
        max(purchased_on) as last_purchased_on,
        sum(net_amount) as purchased_amount
    from standing
    group by origin_on, customer_id
)

select
    summed.origin_on,
    summed.customer_id,
    cast(summed.repeat_count as bigint) as repeat_count,
    {{ days_between('summed.first_purchased_on', 'summed.last_purchased_on') }} as days_to_last_purchase,
    {{ days_between('summed.first_purchased_on', 'summed.origin_on') }} as age_days,
    cast(summed.purchased_amount as decimal(18, 4)) as purchased_amount,
    case
        when summed.purchased_amount > firsts.net_amount
            then
                cast(
                    {{ ratio('summed.purchased_amount - firsts.net_amount', 'summed.repeat_count') }} as decimal(18, 4)
                )
    end as mean_repeat_amount
from summed
inner join purchases as firsts
    on
        summed.customer_id = firsts.customer_id
        and summed.first_purchased_on = firsts.purchased_on
