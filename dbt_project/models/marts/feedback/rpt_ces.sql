select
    period_start,
    cut_value as touchpoint,
    responses,
    good as easy,
    good_share as ces,
    good_share_low as ces_low,
    good_share_high as ces_high,
    unmapped,
    has_enough_answers,
    is_complete
from {{ ref('int_survey_shares_bounded') }}
where survey = 'ces' and cut_kind in ('all', 'touchpoint')
