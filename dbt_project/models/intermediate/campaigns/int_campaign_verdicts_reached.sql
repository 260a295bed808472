with

pairs as (
    select * from {{ ref('int_campaign_arms_paired') }}
),

rates as (
    select * from {{ ref('int_campaign_rates_compared') }}
),

judged as (
    select
        pairs.campaign_id,
        pairs.arm,
        pairs.plan_source,
        pairs.readable_on,
        rates.people_needed,
        rates.has_enough_people,
        case
            when pairs.obstacle is not null then pairs.obstacle
            when coalesce(rates.smallest_expected, 0e0) < {{ var('lift_min_expected') }} then 'too few people'
            when rates.adjusted_p_value >= {{ var('significance_level') }} then 'not distinguishable from zero'
            when rates.absolute_lift > 0e0 then 'better than control'
            else 'worse than control'
        end as verdict
    from pairs
    left join rates
        on
            pairs.campaign_id = rates.campaign_id
            and pairs.arm = rates.arm
)

select
    campaign_id,
    arm,
    verdict,
    case
        when verdict = 'no control group'
            then 'Nobody was held back, so nobody knows what would have happened anyway. Hold some people back.'
        when verdict = 'withheld' and plan_source = 'stated'
            then 'People are not split between the arms as planned. Find out who got lost, mend it and run it anew.'
        when verdict = 'withheld'
            then 'People are not split in any usual way. State the plan (campaign_arm_shares) or find out who got lost.'
        when verdict = 'too early'
            then 'Too few days have passed. Read it from ' || cast(readable_on as {{ t_text() }}) || ' on.'
        when verdict = 'too few people'
            then 'So few people with or without the goal are expected in one of the groups that a test says nothing.'
        when verdict <> 'not distinguishable from zero'
            then 'Chance alone would rarely make such a difference, all arms of the campaign taken into account.'
        when has_enough_people
            then 'There were enough people to find the smallest lift that matters, and none was found.'
        when people_needed is null
            then 'The difference may be chance.'
        else
            'The difference may be chance. Finding the smallest lift that matters takes two groups of '
            || cast(people_needed as {{ t_text() }}) || ' people.'
    end as verdict_reason
from judged
