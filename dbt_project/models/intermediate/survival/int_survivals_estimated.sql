{%- set z = var('interval_z') %}
with

durations as (
    select * from {{ ref('int_durations_counted') }}
),

{# Who left on a day, or was seen that long, was still there that day. #}
exposed as (
    select
        durations.*,
        sum(exits + censored) over (
            partition by duration_kind, lifecycle_stage, segment_kind, segment_value
            order by day_number desc rows unbounded preceding
        ) as at_risk
    from durations
),

{# A product of shares is the exponential of a sum of logarithms; after the last one has left nothing remains. #}
multiplied as (
    select
        exposed.*,
        sum(case when exits < at_risk then ln({{ ratio('at_risk - exits', 'at_risk') }}) else 0 end) over history
            as log_survival,
        sum(case when exits < at_risk then 0 else exits end) over history as last_exits,
        sum({{ ratio('exits', 'at_risk * (at_risk - exits)') }}) over history as relative_variance
    from exposed
    window history as (
        partition by duration_kind, lifecycle_stage, segment_kind, segment_value
        order by day_number rows unbounded preceding
    )
),

{# Twelve digits, so that equal shares are equal numbers on every engine. #}
survived as (
    select
        multiplied.*,
        case
            when last_exits > 0 then 0
            else cast(cast(exp(log_survival) as decimal(18, 12)) as {{ t_double() }})
        end as survival,
        sqrt(relative_variance) as relative_error,
        {{ ratio('sqrt(relative_variance)', 'abs(log_survival)') }} as log_log_error
    from multiplied
)

{# The interval is taken on the scale of log(-log), where it cannot leave 0 to 1. #}
select
    duration_kind,
    lifecycle_stage,
    segment_kind,
    segment_value,
    day_number,
    cast(at_risk as bigint) as at_risk,
    exits,
    censored,
    cast(survival as {{ t_double() }}) as survival,
    cast(survival * coalesce(relative_error, 0) as {{ t_double() }}) as survival_error,
    case
        when survival = 1 then 1e0
        when survival > 0 then exp(log_survival * exp({{ z }} * log_log_error))
    end as survival_low,
    case
        when survival = 1 then 1e0
        when survival > 0 then exp(log_survival * exp(-{{ z }} * log_log_error))
    end as survival_high
from survived
