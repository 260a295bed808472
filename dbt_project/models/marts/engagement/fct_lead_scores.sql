with

fits as (
    select
        customer_id,
        fit_score,
        case
            when fit_score >= {{ var('lead_fit_a') }} then 'A'
            when fit_score >= {{ var('lead_fit_b') }} then 'B'
            else 'C'
        end as fit_band
    from {{ ref('int_lead_fits_scored') }}
),

days as (
    select
        *,
        row_number() over (partition by customer_id order by signal_on desc) as day_rank
    from {{ ref('int_lead_days_scored') }}
),

{# What a lead of a good fit must reach to be handed over; without a good fit nothing is enough. #}
bars as (
    select
        *,
        case fit_band
            when 'A' then {{ var('lead_engagement_2') }}
            when 'B' then {{ var('lead_engagement_1') }}
        end as engagement_bar
    from fits
),

engaged as (
    select
        days.customer_id,
        max(case when days.day_rank = 1 then days.score_today end) as engagement_score,
        max(days.signal_on) as last_signal_on,
        max(
            case
                when
                    days.score >= bars.engagement_bar
                    and (days.score_day_before is null or days.score_day_before < bars.engagement_bar)
                    then days.signal_on
            end
        ) as bar_reached_on
    from days
    inner join bars on days.customer_id = bars.customer_id
    group by days.customer_id
),

scored as (
    select
        bars.*,
        engaged.last_signal_on,
        engaged.bar_reached_on,
        coalesce(engaged.engagement_score, 0) as engagement_score,
        coalesce(engaged.engagement_score >= bars.engagement_bar, false) as is_mql,
        case
            when engaged.engagement_score >= {{ var('lead_engagement_1') }} then '1'
            when engaged.engagement_score >= {{ var('lead_engagement_2') }} then '2'
            else '3'
        end as engagement_band
    from bars
    left join engaged on bars.customer_id = engaged.customer_id
)

select
    customer_id,
    fit_score,
    fit_band,
    engagement_score,
    engagement_band,
    fit_band || engagement_band as lead_grade,
    is_mql,
    case when is_mql then bar_reached_on end as mql_since,
    last_signal_on
from scored
