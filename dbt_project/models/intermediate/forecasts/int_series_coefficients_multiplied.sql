with

numbers as (
    select * from {{ ref('int_numbers_listed') }}
),

series as (
    select
        origin_on,
        repeat_count,
        series_c,
        series_d,
        series_e,
        {# No later term can matter: see the description of block. #}
        max(2e0 * (50e0 + greatest(series_e, 0e0)) / -log_z) as terms
    from {{ ref('int_forecast_cases_listed') }}
    where series_c is not null
    group by origin_on, repeat_count, series_c, series_d, series_e
),

terms as (
    select
        series.*,
        blocks.number as block,
        places.number as place,
        8 * blocks.number + places.number as n
    from series
    inner join numbers as blocks on 8 * blocks.number <= series.terms
    inner join numbers as places on places.number < 8
),

ratios as (
    select
        terms.*,
        case when n = 0 then 1e0 else (series_d + n) * (series_e + n) / ((series_c + n) * (n + 1)) end as ratio
    from terms
),

products as (
    select
        origin_on,
        repeat_count,
        block,
        place,
        sum(ln(greatest(abs(ratio), 1e-300))) over (partition by origin_on, repeat_count order by n) as log_size,
        sum(case when ratio < 0 then 1 else 0 end) over (partition by origin_on, repeat_count order by n) as flips
    from ratios
)

select
    origin_on,
    repeat_count,
    block,
    {%- for place in range(8) %}
    sum((1 - 2 * (flips % 2)) * exp(log_size)) filter (where place = {{ place }}) as c{{ place }},
    {%- endfor %}
    max(log_size) as log_size,
    row_number() over (partition by origin_on, repeat_count order by block desc) = 1 as is_last
from products
group by origin_on, repeat_count, block
