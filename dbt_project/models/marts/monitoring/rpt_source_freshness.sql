{%- set instants = {'consents': 'occurred_at', 'events': 'occurred_at', 'orders': 'ordered_at'} -%}
with

days as (
    {%- for table_name, instant in instants.items() %}
    select
        '{{ table_name }}' as table_name,
        cast({{ instant }} as date) as seen_on
    from {{ ref('stg_shop__' ~ table_name) }}
    group by cast({{ instant }} as date)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

dated as (
    select
        table_name,
        seen_on,
        max(seen_on) over (partition by table_name) as newest_on
    from days
),

spaced as (
    select
        table_name,
        newest_on,
        {{ days_between('lag(seen_on) over (partition by table_name order by seen_on)', 'seen_on') }} as silence_days
    from dated
    where seen_on > {{ add_days('newest_on', '-' ~ var('freshness_history_days')) }}
),

summed as (
    select
        table_name,
        newest_on,
        count(*) as days_seen,
        max(silence_days) as longest_silence_days
    from spaced
    group by table_name, newest_on
),

limited as (
    select
        table_name,
        newest_on,
        {{ days_between('newest_on', as_of_date()) }} as silence_days,
        days_seen,
        longest_silence_days,
        case
            when days_seen >= {{ var('freshness_min_days_seen') }}
                then greatest({{ var('freshness_max_silence_days') }}, 2 * coalesce(longest_silence_days, 0))
        end as max_silence_days
    from summed
)

select
    table_name,
    newest_on,
    silence_days,
    days_seen,
    longest_silence_days,
    max_silence_days,
    coalesce(silence_days > max_silence_days, false) as is_stale
from limited
