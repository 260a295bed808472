with

members as (
    select * from {{ ref('int_retention_members_listed') }}
),

activities as (
    select * from {{ ref('int_activities_spanned') }}
),

windows as (
    select * from {{ ref('retention_windows') }}
),

numbered as (
    select
        members.customer_id,
        members.cohort_kind,
        {{ days_between('members.day_0', 'activities.starts_on') }} as first_day,
        {{ days_between('members.day_0', 'activities.ends_on') }} as last_day
    from members
    inner join activities on members.customer_id = activities.customer_id
    where activities.ends_on >= members.day_0
),

latest as (
    select
        customer_id,
        cohort_kind,
        max(last_day) as last_day
    from numbered
    group by customer_id, cohort_kind
)

select distinct
    numbered.customer_id,
    numbered.cohort_kind,
    windows.retention_kind,
    windows.day_from,
    windows.day_to
from numbered
inner join windows on numbered.first_day <= windows.day_to and numbered.last_day >= windows.day_from

union all

select
    latest.customer_id,
    latest.cohort_kind,
    windows.retention_kind,
    windows.day_from,
    windows.day_to
from latest
inner join windows on latest.last_day >= windows.day_from
where windows.day_to is null
