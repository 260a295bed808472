with

facts as (
    select
        customer_id,
        response_id as fact_id,
        responded_at as occurred_at,
        case when score >= 9 then 'promoter' when score <= 6 then 'detractor' else 'passive' end as fact
    from {{ ref('stg_shop__survey_responses') }}
    where survey = 'nps' and customer_id is not null
    union all
    select
        referrer_customer_id as customer_id,
        referral_id as fact_id,
        qualified_at as occurred_at,
        'referral' as fact
    from {{ ref('stg_shop__referrals') }}
    where qualified_at is not null
    union all
    select
        customer_id,
        review_id as fact_id,
        reviewed_at as occurred_at,
        'good_review' as fact
    from {{ ref('stg_shop__reviews') }}
    where rating >= 4
),

{# Within a second an answer precedes what it cannot end, and of two answers the one with the lower id is the latest. #}
followed as (
    select
        customer_id,
        fact,
        cast(occurred_at as date) as starts_on,
        cast(min(case when fact in ('promoter', 'passive', 'detractor') then occurred_at end)
            over later
        as date) as next_answer_on,
        cast(min(case when fact = 'detractor' then occurred_at end) over later as date) as next_detraction_on
    from facts
    window later as (
        partition by customer_id
        order by
            occurred_at asc,
            case when fact in ('referral', 'good_review') then 1 else 0 end asc,
            fact_id desc,
            fact asc
        rows between 1 following and unbounded following
    )
),

limited as (
    select
        followed.*,
        {{ add_days('starts_on', var('advocate_nps_days') ~ ' + 1') }} as fades_on
    from followed
    where fact not in ('passive', 'detractor')
)

select
    customer_id,
    fact,
    starts_on,
    case
        when fact <> 'promoter' then next_detraction_on
        when next_answer_on < fades_on then next_answer_on
        else fades_on
    end as ends_on
from limited
