with

durations as (
    select * from {{ ref('int_durations_counted') }}
    where duration_kind in ('to_churn', 'to_second_order')
),

{# Everyone's days on which something ended, with how many were left. #}
everyone as (
    select
        duration_kind,
        day_number,
        exits,
        sum(exits + censored) over (partition by duration_kind order by day_number desc rows unbounded preceding)
            as at_risk
    from durations
    where segment_kind = 'all'
),

segments as (
    select distinct
        duration_kind,
        segment_kind,
        segment_value
    from durations
    where segment_kind <> 'all'
),

{# Every segment on every such day, also where nothing of its own ended. #}
gridded as (
    select
        segments.duration_kind,
        segments.segment_kind,
        segments.segment_value,
        everyone.day_number,
        cast(everyone.exits as {{ t_double() }}) as all_exits,
        cast(everyone.at_risk as {{ t_double() }}) as all_at_risk,
        coalesce(durations.exits, 0) as exits,
        sum(coalesce(durations.exits + durations.censored, 0)) over (
            partition by segments.duration_kind, segments.segment_kind, segments.segment_value
            order by everyone.day_number desc rows unbounded preceding
        ) as at_risk
    from segments
    inner join everyone on segments.duration_kind = everyone.duration_kind
    left join durations
        on
            segments.duration_kind = durations.duration_kind
            and segments.segment_kind = durations.segment_kind
            and segments.segment_value = durations.segment_value
            and everyone.day_number = durations.day_number
),

{# What would end in the segment if it were like everyone, and how much that varies by chance (hypergeometric). #}
expected as (
    select
        gridded.*,
        all_exits * {{ ratio('at_risk', 'all_at_risk') }} as expected_exits,
        all_exits * {{ ratio('at_risk', 'all_at_risk') }} * (1e0 - {{ ratio('at_risk', 'all_at_risk') }})
        * {{ ratio('all_at_risk - all_exits', 'all_at_risk - 1') }} as exits_variance
    from gridded
)

{# Sums of decimals to ten digits are the same in whatever order they are made. #}
select
    duration_kind,
    segment_kind,
    segment_value,
    cast(sum(exits) as bigint) as exits,
    cast(cast(sum(cast(expected_exits as decimal(38, 18))) as decimal(28, 10)) as {{ t_double() }}) as expected_exits,
    cast(cast(sum(cast(coalesce(exits_variance, 0) as decimal(38, 18))) as decimal(28, 10)) as {{ t_double() }})
        as exits_variance
from expected
group by duration_kind, segment_kind, segment_value
