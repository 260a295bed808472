select
    period_start,
    segment_kind,
    segment_value,
    responses,
    promoters,
    passives,
    detractors,
    nps,
    nps_low,
    nps_high,
    has_enough_answers,
    is_complete
from {{ ref('int_nps_scores_bounded') }}
where counting = 'latest_answers'
