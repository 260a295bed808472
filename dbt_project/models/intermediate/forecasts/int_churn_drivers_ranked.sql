{% set parts = churn_facts().split() + ['pattern'] %}
with

parted as (
    select * from {{ ref('int_churn_risks_parted') }}
),

wordings as (
    select * from {{ ref('churn_drivers') }}
),

typical as (
    select
        {%- for part in parts %}
        sum(cast(customers * {{ part }}_part as decimal(38, 20))) as {{ part }}_sum,
        {%- endfor %}
        sum(customers) as customers
    from parted
),

contributions as (
    {%- for part in parts %}
    {{ 'union all' if not loop.first }}
    select
        parted.repeat_count,
        parted.days_to_last_purchase,
        parted.age_days,
        '{{ part }}' as term,
        parted.{{ part }}_raises as is_above_typical,
        parted.{{ part }}_part - {{ ratio('typical.' ~ part ~ '_sum', 'typical.customers') }} as contribution
    from parted
    cross join typical
    {%- endfor %}
),

{# A billionth is rounding. #}
ranked as (
    select
        contributions.*,
        row_number() over (
            partition by repeat_count, days_to_last_purchase, age_days order by contribution desc, term asc
        ) as position,
        contribution / sum(contribution) over (
            partition by repeat_count, days_to_last_purchase, age_days order by contribution desc, term asc
            rows between unbounded preceding and unbounded following
        ) as share
    from contributions
    where contribution > 1e-9
)

select
    ranked.repeat_count,
    ranked.days_to_last_purchase,
    ranked.age_days
    {%- for position in (1, 2, 3) %}
    {%- set here = 'case when ranked.position = ' ~ position ~ ' then ' %},
    max({{ here }}wordings.churn_driver end) as risk_driver_{{ position }}_code,
    max({{ here }}wordings.label_{{ var('label_language') }} end) as risk_driver_{{ position }},
    max({{ here }}ranked.share end) as risk_driver_{{ position }}_share
    {%- endfor %}
from ranked
inner join wordings on ranked.term = wordings.term and ranked.is_above_typical = wordings.is_above_typical
group by ranked.repeat_count, ranked.days_to_last_purchase, ranked.age_days
