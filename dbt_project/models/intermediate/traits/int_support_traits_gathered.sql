with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

tickets as (
    select * from {{ ref('int_tickets_summed_to_customers') }}
),

pains as (
    select * from {{ ref('int_pains_summed_to_customers') }}
)

select
    customers.customer_id,
    lower(split_part(customers.language, '-', 1)) as support_language,
    coalesce(tickets.open_ticket_count, 0) as open_ticket_count,
    coalesce(tickets.ticket_count_365d, 0) as ticket_count_365d,
    tickets.last_ticket_at,
    tickets.customer_id is not null
    and (customers.first_ordered_at is null or tickets.first_ticket_at < customers.first_ordered_at)
        as has_contacted_support_before_purchase,
    pains.latest_pain_code,
    coalesce(pains.open_pain_count, 0) > 0 as has_unresolved_bad_experience,
    pains.open_since as unresolved_bad_experience_since
from customers
left join tickets on customers.customer_id = tickets.customer_id
left join pains on customers.customer_id = pains.customer_id
