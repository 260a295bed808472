select
    lifecycle_stage,
    segment_kind,
    segment_value,
    cast(sum(exits + censored) as bigint) as stays,
    cast(sum(exits) as bigint) as exits,
    cast(sum(censored) as bigint) as censored,
    min(case when survival <= 0.75 then day_number end) as lower_quartile_days,
    min(case when survival <= 0.5 then day_number end) as median_days,
    min(case when survival <= 0.25 then day_number end) as upper_quartile_days
from {{ ref('rpt_days_in_stage') }}
group by lifecycle_stage, segment_kind, segment_value
