with

tickets as (
    select * from {{ ref('stg_shop__support_tickets') }}
),

pain_codes as (
    select * from {{ ref('pain_codes') }}
),

judged as (
    select
        tickets.*,
        closed_at is null
        and (status is null or lower(status) not in {{ text_list(var('closed_ticket_statuses')) }}) as is_open,
        closed_at < opened_at as is_closed_before
    from tickets
)

select
    judged.ticket_id,
    judged.customer_id,
    coalesce(pain_codes.pain_code, 'other') as pain_code,
    judged.priority,
    judged.is_open,
    judged.opened_at,
    case
        when judged.is_open then null
        when judged.closed_at is null or judged.is_closed_before then judged.opened_at
        else judged.closed_at
    end as closed_at,
    case
        when judged.closed_at is null then null
        when judged.is_closed_before then 0
        else {{ ratio(micros_between('judged.opened_at', 'judged.closed_at'), '3600000000') }}
    end as hours_to_close
from judged
left join pain_codes on judged.reason_code = pain_codes.reason_code
