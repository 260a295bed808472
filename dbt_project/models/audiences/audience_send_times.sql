{# The first instant that lies in the window of the send day or a later one, by the calendar of all who share a zone and
   a country. The audience goes out once the send day has begun by UTC, never before; in the east the window of that day may
   be over by then, so that those of two open days are looked at. #}

with windows as (
    select distinct
        send_window,
        weekdays,
        opens_minute,
        closes_minute,
        skips_past,
        has_quiet_days
    from {{ ref('audience_send_windows') }}
),

quiet_days as (
    select * from {{ ref('quiet_days') }}
),

calendar as (
    {% for days in range(1, 36) %}
    select {{ add_days(as_of_date(), days) }} as local_on{{ ' union all' if not loop.last }}
    {% endfor %}
),

open_days as (
    select
        zones.*,
        windows.opens_minute,
        windows.closes_minute,
        windows.skips_past,
        calendar.local_on,
        cast(calendar.local_on as timestamp) as midnight,
        row_number()
            over (partition by zones.send_window, zones.timezone, zones.country order by calendar.local_on) as place
    from {{ ref('audience_zones') }} as zones
    inner join windows on zones.send_window = windows.send_window
    inner join calendar
        on position(
            cast({{ days_between("cast('1970-01-05' as date)", 'calendar.local_on') }} % 7 + 1 as {{ t_text() }})
            in windows.weekdays
        ) > 0
    left join quiet_days
        on
            windows.has_quiet_days
            and zones.country = quiet_days.country
            and calendar.local_on = quiet_days.quiet_on
    where quiet_days.country is null
),

told as (
    select
        *,
        midnight + opens_minute * interval '1' minute as opens_local,
        midnight + closes_minute * interval '1' minute as closes_local
    from open_days
    where place <= 2
),

spans as (
    select
        *,
        skips_past and local_on = {{ add_days(as_of_date(), 1) }} as is_skipped_when_past,
        {{ to_utc('opens_local', 'zone') }} as opens_at,
        {{ to_utc('closes_local', 'zone') }} as closes_at
    from told
)

select
    send_window,
    timezone,
    country,
    zone,
    zone_step,
    case
        when max(case when is_skipped_when_past and closes_at <= {{ as_of_end() }} then 1 else 0 end) = 0
            then min(case when closes_at > {{ as_of_end() }} then greatest(opens_at, {{ as_of_end() }}) end)
    end as send_at_utc
from spans
group by send_window, timezone, country, zone, zone_step
