select
    period_start,
    cut_value as language,
    responses,
    good as satisfied,
    good_share as csat,
    good_share_low as csat_low,
    good_share_high as csat_high,
    unmapped,
    has_enough_answers,
    is_complete
from {{ ref('int_survey_shares_bounded') }}
where survey = 'csat' and cut_kind in ('all', 'language')
