with

gathered as (
    select * from {{ ref('int_consents_gathered') }}
),

channels as (
    select * from {{ ref('contact_channels') }}
),

purposes as (
    select * from {{ ref('consent_purposes') }}
),

spread as (
    select
        gathered.customer_id,
        channels.channel,
        purposes.purpose,
        gathered.status,
        gathered.reason,
        gathered.occurred_at,
        gathered.decision_id
    from gathered
    inner join channels on gathered.channel in (channels.channel, '*')
    inner join purposes on gathered.purpose in (purposes.purpose, '*')
),

{# An objection beats everything, then the latest counts; at the same instant a "no" beats a "yes". #}
ranked as (
    select
        spread.*,
        row_number() over (
            partition by customer_id, channel, purpose
            order by
                case when status = 'objected' then 0 else 1 end,
                occurred_at desc,
                case when status = 'granted' then 1 else 0 end,
                decision_id asc, reason asc
        ) as decision_rank
    from spread
)

select
    customer_id,
    channel,
    purpose,
    status,
    reason,
    occurred_at
from ranked
where decision_rank = 1
