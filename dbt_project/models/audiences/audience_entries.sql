{# Who enters today. A person whose way was free because a stay in another audience of the group or programme was to
   end, and who is held there, waits for another day. #}

with stays as (
    select * from {{ ref('audience_stays') }}
),

verdicts as (
    select * from {{ ref('audience_verdicts') }}
),

entrants as (
    select
        dispositions.*,
        verdicts.priority_group,
        verdicts.journey
    from {{ ref('audience_dispositions') }} as dispositions
    inner join verdicts on dispositions.audience = verdicts.audience
    where dispositions.is_entering and verdicts.is_decided
),

earlier as (
    select
        stays.audience,
        stays.customer_id,
        max(stays.entry_seq) as entry_seq
    from stays
    inner join entrants on stays.audience = entrants.audience and stays.customer_id = entrants.customer_id
    group by stays.audience, stays.customer_id
),

held as (
    select
        stays.customer_id,
        verdicts.priority_group,
        verdicts.journey
    from stays
    inner join verdicts on stays.audience = verdicts.audience
    where stays.exited_at is null and coalesce(verdicts.priority_group, verdicts.journey) is not null
),

waiting as (
    select distinct
        entrants.audience,
        entrants.customer_id
    from entrants
    inner join held
        on
            entrants.customer_id = held.customer_id
            and (entrants.priority_group = held.priority_group or entrants.journey = held.journey)
)

select
    entrants.audience,
    entrants.customer_id,
    coalesce(earlier.entry_seq, 0) + 1 as entry_seq,
    case when entrants.disposition = 'global_holdout' then 'global_holdout' else entrants.arm end as arm,
    entrants.disposition = 'eligible' as is_delivered
from entrants
left join earlier on entrants.audience = earlier.audience and entrants.customer_id = earlier.customer_id
left join waiting on entrants.audience = waiting.audience and entrants.customer_id = waiting.customer_id
where waiting.customer_id is null
