with

tickets as (
    select * from {{ ref('int_tickets_coded') }}
),

answers as (
    select * from {{ ref('int_bad_answers_spanned') }}
),

parcels as (
    select * from {{ ref('int_late_parcels_spanned') }}
),

pain_codes as (
    select * from {{ ref('pain_codes') }}
)

select
    customer_id,
    'ticket' as source,
    ticket_id as source_id,
    pain_code,
    opened_at as happened_at,
    closed_at as ended_at
from tickets

union all

select
    answers.customer_id,
    answers.source,
    answers.response_id as source_id,
    coalesce(pain_codes.pain_code, 'other') as pain_code,
    answers.responded_at as happened_at,
    answers.ended_at
from answers
left join pain_codes on answers.touchpoint = pain_codes.reason_code

union all

select
    parcels.customer_id,
    'delivery' as source,
    parcels.shipment_id as source_id,
    coalesce(pain_codes.pain_code, 'other') as pain_code,
    cast(parcels.promised_on as timestamp) as happened_at,
    parcels.ended_at
from parcels
left join pain_codes on pain_codes.reason_code = 'late_delivery'
