with

claims as (
    select * from {{ ref('int_loyalty_tiers_claimed') }}
),

changes as (
    select
        customer_id,
        starts_on as changed_on
    from claims
    union
    select
        customer_id,
        ends_on as changed_on
    from claims
    where ends_on <= {{ as_of_date() }}
),

held as (
    select
        changes.customer_id,
        changes.changed_on,
        max(claims.position) as position
    from changes
    left join claims
        on
            changes.customer_id = claims.customer_id
            and changes.changed_on >= claims.starts_on
            and (claims.ends_on is null or changes.changed_on < claims.ends_on)
    group by 1, 2
),

compared as (
    select
        held.*,
        coalesce(position, 0) as place,
        lag(coalesce(position, 0)) over (partition by customer_id order by changed_on) as place_before
    from held
),

spans as (
    select
        *,
        lead(changed_on) over (partition by customer_id order by changed_on) as next_changed_on
    from compared
    where place_before is null or place_before <> place
),

tiers as (
    select * from {{ ref('loyalty_tiers') }}
)

select
    spans.customer_id,
    tiers.tier,
    tiers.position,
    case
        when spans.place_before is null or spans.place_before = 0 then 'joined'
        when spans.place_before < spans.place then 'upgraded'
        else 'downgraded'
    end as entry_reason,
    cast(spans.changed_on as timestamp) as entered_at,
    cast(spans.next_changed_on as timestamp) as exited_at
from spans
inner join tiers on spans.position = tiers.position
