with

conditions as (
    select * from {{ ref('int_lifecycle_conditions_spanned') }}
),

points as (
    select
        customer_id,
        condition,
        starts_on as changed_on,
        1 as change
    from conditions
    union all
    select
        customer_id,
        condition,
        ends_on as changed_on,
        -1 as change
    from conditions
    where ends_on <= {{ as_of_date() }}
),

daily as (
    select
        customer_id,
        changed_on,
        sum(case when condition = 'known' then change else 0 end) as known,
        sum(case when condition in ('current', 'overdue', 'lost', 'ended') then change else 0 end) as converted,
        sum(case when condition = 'overdue' then change else 0 end) as overdue,
        sum(case when condition = 'lost' then change else 0 end) as lost,
        sum(case when condition = 'ended' then change else 0 end) as ended,
        sum(case when condition = 'new' then change else 0 end) as is_new,
        sum(case when condition = 'returned' then change else 0 end) as returned,
        sum(case when condition = 'activated' then change else 0 end) as activated,
        sum(case when condition = 'repeated' then change else 0 end) as repeated,
        sum(case when condition = 'habitual' then change else 0 end) as habitual,
        sum(case when condition = 'advocate' then change else 0 end) as advocate
    from points
    group by customer_id, changed_on
),

running as (
    select
        customer_id,
        changed_on,
        sum(known) over history as known,
        sum(converted) over history as converted,
        sum(overdue) over history as overdue,
        sum(lost) over history as lost,
        sum(ended) over history as ended,
        sum(is_new) over history as is_new,
        sum(returned) over history as returned,
        sum(activated) over history as activated,
        sum(repeated) over history as repeated,
        sum(habitual) over history as habitual,
        sum(advocate) over history as advocate
    from daily
    window history as (partition by customer_id order by changed_on rows unbounded preceding)
)

select
    customer_id,
    changed_on,
    converted > 0 as is_converted,
    overdue > 0 as is_overdue,
    lost > 0 as is_lost,
    ended > 0 as is_ended,
    returned > 0 as is_returned,
    is_new > 0 and activated = 0 and repeated = 0 as is_onboarding,
    repeated > 0 as has_repeated,
    habitual > 0 as is_habitual,
    advocate > 0 as is_advocate
from running
where known > 0
