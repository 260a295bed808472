with

cells as (
    select * from {{ ref('int_retention_cells_counted') }}
),

windows as (
    select * from {{ ref('retention_windows') }}
),

{# The window is over when it is for whoever joined on the cohort's last day. #}
grid as (
    select
        cells.cohort_kind,
        cells.cohort_start,
        cells.segment_kind,
        cells.segment_value,
        cells.customers as cohort_size,
        windows.retention_kind,
        windows.day_from,
        windows.day_to,
        {{ add_days(add_months('cells.cohort_start', 1), 'coalesce(windows.day_to, windows.day_from) - 1') }}
        <= {{ as_of_date() }} as is_complete
    from cells
    cross join windows
    where cells.retention_kind is null
)

select
    grid.cohort_kind,
    grid.cohort_start,
    grid.retention_kind,
    grid.day_from,
    grid.day_to,
    grid.segment_kind,
    grid.segment_value,
    grid.is_complete,
    grid.cohort_size,
    case when grid.is_complete then coalesce(cells.customers, 0) end as retained_customers,
    case when grid.is_complete then {{ ratio('coalesce(cells.customers, 0)', 'grid.cohort_size') }} end
        as retention_rate
from grid
left join cells
    on
        grid.cohort_kind = cells.cohort_kind
        and grid.cohort_start = cells.cohort_start
        and grid.segment_kind = cells.segment_kind
        and grid.segment_value = cells.segment_value
        and grid.retention_kind = cells.retention_kind
        and grid.day_from = cells.day_from
        and coalesce(grid.day_to, -1) = coalesce(cells.day_to, -1)
