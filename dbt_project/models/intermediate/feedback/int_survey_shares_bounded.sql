{%- set z = var('interval_z') %}
with

counted as (
    select
        *,
        {{ ratio('good', 'responses') }} as good_share
    from {{ ref('int_survey_answers_counted') }}
),

{# Wilson: the shares from which the observed one is not further than z standard errors. #}
centred as (
    select
        counted.*,
        {{ ratio('good + 0.5 * ' ~ z ~ ' * ' ~ z, 'responses + ' ~ z ~ ' * ' ~ z) }} as centre,
        {{ z }} * {{ ratio('sqrt(responses * good_share * (1 - good_share) + 0.25 * ' ~ z ~ ' * ' ~ z ~ ')',
            'responses + ' ~ z ~ ' * ' ~ z) }} as reach
    from counted
)

select
    survey,
    period_start,
    cut_kind,
    cut_value,
    responses,
    good,
    good_share,
    centre - reach as good_share_low,
    centre + reach as good_share_high,
    unmapped,
    responses >= {{ var('survey_min_answers') }} as has_enough_answers,
    {{ add_months('period_start', 1) }} <= {{ add_days(as_of_date(), 1) }} as is_complete
from centred
