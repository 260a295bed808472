select
    customer_id,
    min(opened_at) as first_ticket_at,
    max(opened_at) as last_ticket_at,
    cast(sum(case when is_open then 1 else 0 end) as bigint) as open_ticket_count,
    cast(
        sum(case when {{ days_between('opened_at', as_of_date()) }} <= 365 then 1 else 0 end) as bigint
    ) as ticket_count_365d
from {{ ref('int_tickets_coded') }}
group by customer_id
