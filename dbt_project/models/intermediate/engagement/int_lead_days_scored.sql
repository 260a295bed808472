with

leads as (
    select customer_id from {{ ref('int_leads_listed') }}
),

weights as (
    select * from {{ ref('lead_event_weights') }}
),

signals as (
    select
        customer_id,
        event_name,
        cast(occurred_at as date) as signal_on
    from {{ ref('int_human_events_kept') }}
    where customer_id is not null
    union all
    select
        customer_id,
        channel || '_clicked' as event_name,
        cast(clicked_at as date) as signal_on
    from {{ ref('int_messages_summed') }}
    where clicked_at is not null
),

days as (
    select
        signals.customer_id,
        signals.signal_on,
        sum(weights.weight) as weight,
        cast({{ days_between('signals.signal_on', as_of_date()) }} as {{ t_double() }})
        / {{ var('lead_half_life_days') }} as half_lives_ago
    from signals
    inner join leads on signals.customer_id = leads.customer_id
    inner join weights on signals.event_name = weights.event_name
    where {{ days_between('signals.signal_on', as_of_date()) }} <= {{ var('lead_history_days') }}
    group by 1, 2, 4
),

{# What all signals so far are worth on the as-of day, brought back to the day itself. #}
scored as (
    select
        customer_id,
        signal_on,
        half_lives_ago,
        power(2, half_lives_ago) * sum(weight * power(0.5, half_lives_ago)) over (
            partition by customer_id order by signal_on rows between unbounded preceding and current row
        ) as score
    from days
),

compared as (
    select
        scored.*,
        lag(signal_on) over (partition by customer_id order by signal_on) as previous_on,
        lag(score) over (partition by customer_id order by signal_on) as previous_score
    from scored
)

select
    customer_id,
    signal_on,
    score,
    previous_score * power(
        0.5,
        cast({{ days_between('previous_on', 'signal_on') }} - 1 as {{ t_double() }}) / {{ var('lead_half_life_days') }}
    ) as score_day_before,
    score * power(0.5, half_lives_ago) as score_today
from compared
