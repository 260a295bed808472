with

survivals as (
    select * from {{ ref('rpt_survival') }}
),

compared as (
    select * from {{ ref('int_survivals_compared') }}
),

summed as (
    select
        duration_kind,
        segment_kind,
        segment_value,
        cast(sum(exits + censored) as bigint) as customers,
        cast(sum(exits) as bigint) as exits,
        min(case when survival <= 0.5e0 then day_number end) as median_days,
        min(case when coalesce(survival_low, 0) <= 0.5e0 then day_number end) as median_days_low,
        min(case when coalesce(survival_high, 0) <= 0.5e0 then day_number end) as median_days_high
    from survivals
    group by duration_kind, segment_kind, segment_value
),

{# Without chance there is nothing to test: everyone is in the segment, or nothing ended while both sides were there. #}
tested as (
    select
        compared.*,
        {{ ratio('exits - expected_exits', 'sqrt(exits_variance)') }} as z
    from compared
),

judged as (
    select
        tested.*,
        {{ two_sided_p('z') }} as p_value,
        row_number() over (partition by duration_kind, segment_kind order by abs(z) desc nulls last, segment_value)
            as p_rank,
        count(z) over (partition by duration_kind, segment_kind) as tests
    from tested
),

{# Holm: the smallest of m p-values times m, the next times m - 1, never falling. #}
adjusted as (
    select
        judged.*,
        max(least(1e0, p_value * (tests - p_rank + 1))) over (
            partition by duration_kind, segment_kind order by p_rank rows unbounded preceding
        ) as adjusted_p_value
    from judged
)

select
    summed.duration_kind,
    summed.segment_kind,
    summed.segment_value,
    summed.customers,
    summed.exits,
    summed.median_days,
    summed.median_days_low,
    summed.median_days_high,
    adjusted.expected_exits,
    {{ ratio('adjusted.exits', 'adjusted.expected_exits') }} as exit_ratio,
    adjusted.z * adjusted.z as chi_square,
    adjusted.p_value,
    adjusted.adjusted_p_value,
    case
        when adjusted.adjusted_p_value is null then 'no comparison'
        when adjusted.expected_exits < {{ var('survival_min_expected_exits') }} then 'too few'
        when adjusted.adjusted_p_value >= {{ var('significance_level') }} then 'not distinguishable from the rest'
        when adjusted.exits > adjusted.expected_exits then 'sooner than the rest'
        else 'later than the rest'
    end as reading
from summed
left join adjusted
    on
        summed.duration_kind = adjusted.duration_kind
        and summed.segment_kind = adjusted.segment_kind
        and summed.segment_value = adjusted.segment_value
