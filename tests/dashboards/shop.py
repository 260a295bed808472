"""A small warehouse with the four marts the pages read. The same rows every time."""

from pathlib import Path

import duckdb

SEGMENTS = """
    select * from (values
        ('all', 'all', 1.0),
        ('country', 'DE', 0.6), ('country', 'TR', 0.396), ('country', 'NL', 0.004),
        ('acquisition_channel', 'organic', 0.7), ('acquisition_channel', '(unknown)', 0.3)
    ) as segments(segment_kind, segment_value, share)
"""
MONTHS = """
    select
        (date '2024-04-01' + to_months(n::int))::date as period_start,
        n,
        n < 23 as is_complete,
        least(last_day(date '2024-04-01' + to_months(n::int)), date '2026-03-15') as measured_on
    from range(24) as months(n)
"""
STAGES = """
    select * from (values
        ('acquired', 60, 9), ('onboarding', 45, 4), ('active', 300, 22), ('retained', 120, 26),
        ('advocate', 20, 9), ('at_risk', 40, 16), ('churned', 10, 42), ('reactivated', 12, 5)
    ) as stages(lifecycle_stage, start, growth)
"""


def write_warehouse(path: Path, customers: float = 1.0, with_nps: bool = True) -> Path:
    """Write the marts.

    Args:
        path: The DuckDB file.
        customers: Size of the shop; 1 is about 3,600 customers.
        with_nps: Whether anybody answered.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema lifecycle; create schema feedback")
        connection.execute(f"create table segments as {SEGMENTS}; create table months as {MONTHS}")
        connection.execute(f"update segments set share = share * {customers}")
        connection.execute(_stage_mix())
        connection.execute(_growth_accounting())
        connection.execute(_cohort_retention())
        connection.execute(_nps(with_nps))
        connection.execute("drop table segments; drop table months")
    return path


def _stage_mix() -> str:
    return f"""
        create table lifecycle.rpt_stage_mix as
        with leaves as (
            select
                period_start, measured_on, is_complete,
                segment_kind, segment_value, lifecycle_stage,
                floor((start + growth * n + 14 * sin(n + start)) * share)::bigint as customers
            from months cross join segments cross join ({STAGES})
        )
        select * from leaves
    """


def _growth_accounting() -> str:
    return """
        create table lifecycle.rpt_growth_accounting as
        with counted as (
            select
                period_start, is_complete, segment_kind, segment_value,
                floor((70 + 5 * n + 15 * sin(n)) * share)::bigint as new_customers,
                floor((180 + 12 * n) * share)::bigint as retained_customers,
                floor((4 + 2.5 * n + 6 * cos(n)) * share)::bigint + 1 as resurrected_customers,
                floor((30 + 6 * n + 20 * cos(n * 0.7)) * share)::bigint as churned_customers
            from months cross join segments
        )
        select
            'month' as period_kind, period_start, is_complete, segment_kind, segment_value,
            new_customers + retained_customers + resurrected_customers as active_customers,
            new_customers, retained_customers, resurrected_customers,
            case when is_complete then churned_customers end as churned_customers,
            case when is_complete and churned_customers > 0
                then (new_customers + resurrected_customers) / churned_customers::double
            end as quick_ratio
        from counted
    """


def _cohort_retention() -> str:
    return """
        create table lifecycle.rpt_cohort_retention as
        with counted as (
            select
                cohort.period_start as cohort_start, period.n - cohort.n as period_number,
                period.is_complete,
                segment_kind, segment_value,
                floor((80 + 6 * cohort.n + 20 * sin(cohort.n)) * share)::bigint as cohort_size,
                case
                    when period.n = cohort.n then 1.0
                    else 0.34 / sqrt(period.n - cohort.n + 0.6)
                        * (1 + 0.15 * sin(cohort.n * 3.0 + period.n * 1.7))
                end as rate
            from months as cohort join months as period on period.n >= cohort.n cross join segments
        )
        select
            'first_purchase_month' as cohort_kind, cohort_start, period_number,
            segment_kind, segment_value, is_complete, cohort_size,
            case when is_complete then round(cohort_size * rate)::bigint end as active_customers,
            case when is_complete and cohort_size > 0
                then round(cohort_size * rate) / cohort_size
            end as retention_rate,
            case when is_complete
                then (cohort_size * rate * 42)::decimal(18, 4)
            end as revenue_amount
        from counted
    """


def _nps(with_answers: bool) -> str:
    return f"""
        create table feedback.rpt_nps as
        with counted as (
            select
                period_start, segment_kind, segment_value, is_complete,
                floor((9 + 4 * n + 6 * cos(n)) * share)::bigint as promoters,
                floor((6 + 2 * n) * share)::bigint as passives,
                floor((5 + n + 5 * sin(n)) * share)::bigint as detractors
            from months cross join segments where {with_answers}
        ),
        summed as (
            select *, promoters + passives + detractors as responses from counted
        ),
        scored as (
            select *, 100.0 * (promoters - detractors) / responses as nps
            from summed where responses > 0
        )
        select
            period_start, segment_kind, segment_value,
            responses, promoters, passives, detractors, nps,
            greatest(nps - 190 / sqrt(responses), -100) as nps_low,
            least(nps + 170 / sqrt(responses), 100) as nps_high,
            is_complete, responses >= 30 as has_enough_answers
        from scored
    """
