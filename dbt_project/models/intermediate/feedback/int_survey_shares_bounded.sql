{%- set z = var('interval_z') %}
with

counted as (
    select * from {{ ref('int_survey_answers_counted') }}
)

select
    survey,
    period_start,
    cut_kind,
    cut_value,
    responses,
    good,
    {{ ratio('good', 'responses') }} as good_share,
    {{ wilson_low('good', 'responses', z) }} as good_share_low,
    {{ wilson_high('good', 'responses', z) }} as good_share_high,
    unmapped,
    responses >= {{ var('survey_min_answers') }} as has_enough_answers,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
from counted
