with

counted as (
    select * from {{ ref('int_nps_answers_counted') }}
),

{# Adjusted Wald: as if 3/4 promoters, 3/2 passives and 3/4 detractors more had answered. #}
adjusted as (
    select
        counted.*,
        {{ ratio('promoters + 0.75', 'responses + 3') }} as promoter_share,
        {{ ratio('detractors + 0.75', 'responses + 3') }} as detractor_share
    from counted
),

centred as (
    select
        adjusted.*,
        promoter_share - detractor_share as centre,
        promoter_share + detractor_share
        - (promoter_share - detractor_share) * (promoter_share - detractor_share) as variance
    from adjusted
),

bounded as (
    select
        centred.*,
        100 * (centre - {{ var('interval_z') }} * sqrt({{ ratio('variance', 'responses + 3') }})) as lower_bound,
        100 * (centre + {{ var('interval_z') }} * sqrt({{ ratio('variance', 'responses + 3') }})) as upper_bound
    from centred
)

select
    counting,
    period_start,
    segment_kind,
    segment_value,
    responses,
    promoters,
    passives,
    detractors,
    100 * {{ ratio('promoters - detractors', 'responses') }} as nps,
    case when lower_bound < -100 then -100 else lower_bound end as nps_low,
    case when upper_bound > 100 then 100 else upper_bound end as nps_high,
    responses >= {{ var('nps_min_answers') }} as has_enough_answers,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
from bounded
