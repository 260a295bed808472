{%- set z = var('interval_z') %}
with

counted as (
    select * from {{ ref('int_nps_answers_counted') }}
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
    {{ nps_low('promoters', 'detractors', 'responses', z) }} as nps_low,
    {{ nps_high('promoters', 'detractors', 'responses', z) }} as nps_high,
    responses >= {{ var('nps_min_answers') }} as has_enough_answers,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
from counted
