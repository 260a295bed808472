-- Every order: the purchases, what campaigns added, and attempts that were called off minutes before the good one.
create or replace table work.placed as
with everything as (
    select customer_no, purchased_at as ordered_at, false as is_cancelled, 0 as campaign_no from work.purchases
    union all
    select customer_no, effect_at, false, campaign_no from work.outcomes
    where is_assigned and effect_at is not null
    union all
    select customer_no, effect_at, false, 10 from work.shipped_reactions
    where effect_at is not null
    union all
    select
        purchases.customer_no,
        greatest(
            later(purchased_at, -0.01e0 - 0.3e0 * u('attempt.at', thing(purchases.customer_no, purchase_no))),
            later(chunk.created_at, 0.001e0)
        ),
        true, 0
    from work.purchases as purchases
    inner join work.chunk as chunk on purchases.customer_no = chunk.customer_no
    where u('attempt', thing(purchases.customer_no, purchase_no)) < 0.025e0
),

numbered as (
    select *, row_number() over (partition by customer_no order by ordered_at, is_cancelled, campaign_no) as order_no
    from everything
),

identified as (
    select *, thing(customer_no, order_no) as id, u('coupon', thing(customer_no, order_no)) as coupon_draw from numbered
)

select
    orders.* exclude (campaign_no, coupon_draw),
    chunk.customer_id, chunk.country, chunk.language, chunk.currency, chunk.vat, rates.rate_to_base,
    case when chunk.currency = 'JPY' then 0 else 2 end as decimals,
    gamma_6('order.value', id) / chunk.value_rate as value,
    case
        when orders.campaign_no = 3 or coupon_draw < 0.07e0 then 0.1e0
        when coupon_draw < 0.1e0 then 0.2e0
        else 0e0
    end as discount_share,
    1 + (u('lines', id) < 0.5e0)::integer + (u('lines', id) < 0.2e0)::integer + (u('lines', id) < 0.07e0)::integer
        as lines,
    case when u('order.channel', id) < 0.5e0 then 'web' when u('order.channel', id) < 0.9e0 then 'app' else 'store' end
        as channel
from identified as orders
inner join work.chunk as chunk on orders.customer_no = chunk.customer_no
inner join work.rates as rates on chunk.currency = rates.currency and orders.ordered_at::date = rates.rate_date;

-- Lines share the order's value before discount; the first comes from the favourite category, a second often from the
-- category that goes with it.
create or replace table work.lines as
with numbered as (
    select
        id, customer_no, rate_to_base, decimals, lines, value / (1e0 - discount_share) as order_value,
        unnest(range(1, lines + 1)) as line_number
    from work.placed
),

valued as (
    select
        *,
        part(id, line_number) as line_id,
        1 + floor(3.2e0 * u('quantity', part(id, line_number)) ** 5)::bigint as quantity,
        order_value * line_weight(id, line_number) / (
            line_weight(id, 1) + case when lines > 1 then line_weight(id, 2) else 0e0 end
            + case when lines > 2 then line_weight(id, 3) else 0e0 end
            + case when lines > 3 then line_weight(id, 4) else 0e0 end
        ) as line_value,
        floor(12e0 * u('favourite', customer_no))::bigint as favourite
    from numbered
)

select
    id, customer_no, line_number, quantity,
    price_step(line_value / quantity) as step,
    case
        when line_number = 1 and u('category', line_id) < 0.6e0 then favourite
        when line_number = 2 and u('category', line_id) < 0.5e0 then (favourite + 5) % 12
        else floor(12e0 * u('category.any', line_id) ** 1.4e0)::bigint
    end as category_no,
    greatest(round(line_value / quantity / rate_to_base, decimals), 10e0 ** -decimals) as unit_price_amount
from valued;

create or replace view shop.order_items as
select
    'o' || thing_key(customer_no, id % 4096) as order_id, line_number, product_key(category_no, step) as product_id,
    quantity, unit_price_amount
from work.lines;

-- Service is late more often for a few weeks in the second half: what people say afterwards shows it.
create or replace table work.orders as
with totals as (
    select id, sum(quantity * unit_price_amount) as gross_amount from work.lines group by id
),

promised as (
    select
        placed.* exclude (lines, value),
        totals.gross_amount,
        round(totals.gross_amount * discount_share, decimals) as discount_amount,
        u('late', placed.id) < case
            when ordered_at between later(getvariable('start_at'), 0.60e0 * getvariable('days'))
                and later(getvariable('start_at'), 0.68e0 * getvariable('days')) then 0.45e0
            else 0.12e0
        end as will_be_late,
        not is_cancelled and ordered_at > later(getvariable('end_at'), -1) and u('pending', placed.id) < 0.4e0
            as is_pending,
        later(ordered_at, 3e0 + floor(4e0 * u('promise', placed.id))) as promised_at
    from work.placed as placed
    inner join totals on placed.id = totals.id
),

delivered as (
    select
        *,
        not is_cancelled and channel <> 'store' and not is_pending as is_sent
    from promised
),

dated as (
    select
        *,
        case when is_sent then known(later(ordered_at, 0.2e0 + 1.2e0 * u('packed', id))) end as shipped_at,
        case when is_sent then known(later(
            promised_at, case when will_be_late then 0.5e0 + 2.5e0 * expo('delay', id) else -1.4e0 * u('early', id) end
        )) end as delivered_at
    from delivered
)

select
    *,
    delivered_at is not null and will_be_late as is_late,
    case when u('refund', id) < case when will_be_late then 0.09e0 else 0.035e0 end
        then known(later(delivered_at, 1e0 + 12e0 * u('refund.at', id))) end as refunded_at,
    case when u('refund.share', id) < 0.3e0 then 1e0 else 0.1e0 + 0.6e0 * u('refund.part', id) end as refund_share,
    case when channel = 'store' then pick(['cash', 'card'], u('method', id)) else pick(
        case coalesce(country, '')
            when 'DE' then ['paypal', 'invoice', 'invoice', 'card', 'direct_debit']
            when 'AT' then ['invoice', 'paypal', 'card']
            when 'NL' then ['ideal', 'ideal', 'ideal', 'card']
            when 'TR' then ['card', 'card_instalments', 'card_instalments', 'bank_transfer']
            when 'BR' then ['pix', 'pix', 'card_instalments']
            when 'PL' then ['blik', 'blik', 'card']
            else ['card', 'card', 'paypal', 'wallet']
        end, u('method', id)
    ) end as payment_method
from dated;

create or replace view shop.orders as
select
    'o' || thing_key(customer_no, order_no) as order_id,
    customer_id,
    ordered_at,
    case
        when is_cancelled then coalesce(known(later(ordered_at, 0.01e0)), ordered_at)
        when is_pending then ordered_at
        else coalesce(refunded_at, shipped_at, ordered_at)
    end as updated_at,
    case
        when is_cancelled then 'cancelled'
        when is_pending then 'pending'
        when refunded_at is not null then 'refunded'
        else 'completed'
    end as status,
    case when is_cancelled then coalesce(known(later(ordered_at, 0.01e0)), ordered_at) end as cancelled_at,
    refunded_at,
    currency,
    gross_amount,
    discount_amount,
    round((gross_amount - discount_amount) * vat, decimals) as tax_amount,
    case
        when channel = 'store' or gross_amount * rate_to_base > 60 then 0e0
        else round(4.9e0 / rate_to_base, decimals)
    end as shipping_amount,
    case when refunded_at is not null then round((gross_amount - discount_amount) * refund_share, decimals) else 0e0 end
        as refunded_amount,
    payment_method,
    case when discount_share = 0.2e0 then 'FRIEND20' when discount_share > 0 then 'HELLO10' end as coupon_code,
    channel,
    country
from work.orders;
