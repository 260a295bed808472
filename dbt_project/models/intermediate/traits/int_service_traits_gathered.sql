with

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_deleted and not is_erased
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

contacts as (
    select * from {{ ref('int_contacts_summed_to_customers') }}
),

deliveries as (
    select * from {{ ref('int_deliveries_summed_to_customers') }}
)

select
    customers.customer_id,
    accounts.name as account_name,
    accounts.industry as account_industry,
    accounts.country as account_country,
    accounts.employees_band as account_employees_band,
    accounts.revenue_band as account_revenue_band,
    accounts.account_stage,
    coalesce(accounts.is_any_active, false) as is_account_any_active,
    coalesce(accounts.is_all_active, false) as is_account_all_active,
    coalesce(accounts.is_none_active, false) as is_account_none_active,
    {{ days_between('accounts.last_seen_at', as_of_date()) }} as account_days_since_last_seen,
    contacts.last_contacted_at,
    {{ days_between('contacts.last_contacted_at', as_of_date()) }} as days_since_last_contact,
    coalesce(contacts.contact_count_7d, 0) as contact_count_7d,
    coalesce(contacts.contact_count_30d, 0) as contact_count_30d,
    coalesce(contacts.unanswered_message_count, 0) as unanswered_message_count,
    contacts.last_campaign_id,
    contacts.preferred_channel,
    deliveries.last_delivered_at,
    {{ days_between('deliveries.last_delivered_at', as_of_date()) }} as days_since_last_delivery,
    coalesce(deliveries.late_delivery_count_90d, 0) as late_delivery_count_90d,
    coalesce(deliveries.has_overdue_delivery, false) as has_overdue_delivery
from customers
left join accounts on customers.account_id = accounts.account_id
left join contacts on customers.customer_id = contacts.customer_id
left join deliveries on customers.customer_id = deliveries.customer_id
