with

milestones as (
    select * from {{ ref('int_milestones_listed') }}
),

standings as (
    select * from {{ ref('int_customer_standings_judged') }}
),

habits as (
    select * from {{ ref('int_habits_spanned') }}
),

advocacies as (
    select * from {{ ref('int_advocacies_spanned') }}
),

spans as (
    select
        customer_id,
        milestone as condition,
        reached_on as starts_on,
        cast(null as date) as ends_on
    from milestones
    union all
    select
        customer_id,
        standing as condition,
        starts_on,
        ends_on
    from standings
    where standing <> 'prospect'
    union all
    select
        customer_id,
        'repeated' as condition,
        starts_on,
        ends_on
    from standings
    where has_repeated
    union all
    select
        customer_id,
        'new' as condition,
        starts_on,
        {{ add_days('starts_on', var('onboarding_days')) }} as ends_on
    from standings
    where standing <> 'prospect' and coalesce(previous_standing, 'prospect') = 'prospect'
    union all
    select
        customer_id,
        'returned' as condition,
        starts_on,
        {{ add_days('starts_on', var('reactivated_days')) }} as ends_on
    from standings
    where has_returned
    union all
    select
        customer_id,
        'habitual' as condition,
        starts_on,
        ends_on
    from habits
    union all
    select
        customer_id,
        'advocate' as condition,
        starts_on,
        ends_on
    from advocacies
)

select
    customer_id,
    condition,
    starts_on,
    ends_on
from spans
where starts_on <= {{ as_of_date() }} and (ends_on is null or ends_on > starts_on)
