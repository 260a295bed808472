{# Every customer that matches an audience ends in exactly one disposition, in the order of the case below.
   Randomising comes after everything that decides whether a person may be contacted, so that arms are alike;
   gates that depend on earlier sends belong after it. #}

with candidates as (
    select * from {{ ref('audience_candidates') }}
),

settings as (
    select * from {{ ref('audience_settings') }}
),

contact_gates as (
    select * from {{ ref('audience_contact_gates') }}
),

arms as (
    select * from {{ ref('audience_drawn_arms') }}
),

unwritten as (
    select * from {{ ref('audience_unwritten') }}
),

disposed as (
    select
        candidates.audience,
        candidates.customer_id,
        contact_gates.contact_channel,
        arms.experiment,
        arms.phase,
        arms.arm,
        arms.slot,
        case
            when candidates.is_excluded then 'excluded'
            when settings.needs_contact and contact_gates.open_channels = 0 then 'suppressed'
            when settings.needs_contact and contact_gates.allowed_channels = 0 then 'no_consent'
            when settings.needs_contact and contact_gates.contact_channel is null then 'unreachable'
            when settings.needs_contact and unwritten.customer_id is not null then 'unreachable'
            when not arms.is_delivered then 'holdout'
            else 'eligible'
        end as disposition
    from candidates
    inner join settings on candidates.audience = settings.audience
    left join contact_gates
        on
            candidates.audience = contact_gates.audience
            and candidates.customer_id = contact_gates.customer_id
    left join unwritten
        on
            candidates.audience = unwritten.audience
            and candidates.customer_id = unwritten.customer_id
    left join arms
        on
            candidates.audience = arms.audience
            and candidates.customer_id = arms.customer_id
)

select
    audience,
    customer_id,
    disposition,
    case when disposition in ('holdout', 'eligible') then contact_channel end as contact_channel,
    case when disposition in ('holdout', 'eligible') then experiment end as experiment,
    case when disposition in ('holdout', 'eligible') then phase end as phase,
    case when disposition in ('holdout', 'eligible') then arm end as arm,
    case when disposition in ('holdout', 'eligible') then slot end as slot
from disposed
