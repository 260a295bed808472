{%- for step in var('activation_events') %}
select
    cast({{ loop.index }} as bigint) as position,
    '{{ step }}' as step
union all
{%- endfor %}
select
    cast(null as bigint) as position,
    cast(null as {{ t_text() }}) as step
where false
