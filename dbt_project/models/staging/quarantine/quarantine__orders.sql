with broken as (
    {{ quarantined_rows('orders') }}
),

current_rows as (
    {{ current_rows('orders') }}
),

orders_without_rate as (
    select * from {{ ref('stg_shop__orders_without_rate') }}
),

unconvertible as (
    select
        current_rows.row_key,
        'missing_required' as reason,
        'exchange_rates.rate_to_base' as reason_column,
        {{ raw_texts('orders') }}
    from current_rows
    inner join orders_without_rate on current_rows.order_id = orders_without_rate.order_id
)

select * from broken

union all

select * from unconvertible
