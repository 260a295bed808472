with

customers as (
    select * from {{ ref('int_customers_segmented') }}
),

banded as (
    select * from {{ ref('int_customers_banded') }}
),

cells as (
    select
        customers.country,
        banded.order_frequency_band,
        banded.order_value_band,
        count(*) as customers,
        sum(banded.net_revenue_amount) as net_revenue_amount
    from banded
    inner join customers on banded.customer_id = customers.customer_id
    group by customers.country, banded.order_frequency_band, banded.order_value_band
),

ordered as (
    select
        cells.*,
        sum(customers) over (
            partition by country
            order by customers, order_frequency_band, order_value_band
            rows between unbounded preceding and 1 preceding
        ) as smaller_customers,
        min(customers) over (partition by country) as fewest_customers
    from cells
),

{# Else the one hidden cell of a country would follow from the country's total. #}
judged as (
    select
        ordered.*,
        fewest_customers < {{ var('min_group_size') }}
        and (customers < {{ var('min_group_size') }} or smaller_customers < {{ var('min_group_size') }})
            as is_suppressed
    from ordered
)

select
    country,
    order_frequency_band,
    order_value_band,
    is_suppressed,
    case when not is_suppressed then cast(customers as bigint) end as customers,
    case when not is_suppressed then cast(net_revenue_amount as decimal(18, 4)) end as net_revenue_amount
from judged
