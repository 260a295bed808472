{#
    Maximum likelihood in plain SQL: damped Newton steps written out one after the other, without recursion, for any
    number of parameters and any number of fits side by side. `newton` writes a chain of CTEs that ends in `fitted`;
    the model around it says what one row of data adds to the log-likelihood and to its derivatives.

        with

        starts as (
            select origin_on, 0e0 as start_constant, 0e0 as start_slope
            from {{ ref('int_visits_counted') }}
            group by origin_on
        ),

        {{ newton(
            data=ref('int_visits_counted'), fits='starts', keys=['origin_on'], data_keys=['origin_on'],
            columns=['visit_count', 'bought', 'age'], parameters=['constant', 'slope'], is_positive=false,
            layers=[
                {'logit': 'constant + slope * age'},
                {'p': '1e0 / (1e0 + exp(greatest(least(-logit, 500e0), -500e0)))'},
            ],
            log_likelihood='visit_count * (bought * ln(p) + (1e0 - bought) * ln(1e0 - p))',
            gradient=['visit_count * (bought - p)', 'visit_count * (bought - p) * age'],
            hessian=[
                ['-visit_count * p * (1e0 - p)', '-visit_count * p * (1e0 - p) * age'],
                ['-visit_count * p * (1e0 - p) * age * age'],
            ]
        ) }}

        select origin_on, constant, slope, constant_error, slope_error, log_likelihood, is_converged from fitted

    data            a table of the rows to sum over, as ref() gives it, grouped as far as it goes: it is read once a step (of a
                    CTE the planner soon forgets how long it is, and joins it the wrong way round)
    fits            one row a fit that has data: its keys and a start_<parameter> for each parameter
    keys            columns that name a fit; expressions may use them
    data_keys       those of them that the data have too; fits may share data
    columns         columns of the data that expressions use
    parameters      names; is_positive (the default) keeps them above 0 by stepping in their logarithms
    constants       names given to expressions of parameters and keys, computed once a fit instead of once a row
    layers          names given to expressions of parameters, columns, keys, constants and the layers before
    log_likelihood, gradient, hessian
                    what one row adds, the derivatives by the parameters as named (never by their logarithms); of the
                    Hessian the upper triangle: row i begins at column i

    `fitted` has a row a fit: keys, each <parameter> and its <parameter>_error (standard error, from the inverse Hessian
    at the optimum), log_likelihood, gradient_norm (length of the gradient by what is stepped in), iterations (passes
    over the data until it converged) and is_converged. Parameters and errors are null where the fit did not converge or
    the likelihood is flat in some direction: an optimum out at infinity, as of data that no model of this kind made.

    How: a step sums likelihood, gradient and Hessian at a candidate in one pass. Has the likelihood risen, the Newton
    direction is solved for (Gauss-Jordan elimination, pivots kept above newton_flat so that it always points uphill; no
    parameter moves by more than 3, or a factor e where it is kept above 0) and becomes the next candidate; else the step
    is halved. A fit whose step promises less than newton_tolerance takes it and is done: it joins no more data, so that
    the steps left over cost next to nothing. Each step reads the one before exactly once, since engines that put a CTE's
    text in its place would double their work. The limit is no limit: it tells planners that fits are few.
    Sums of doubles depend on their order in the last digits, so what comes out is rounded before that: parameters and
    errors (or their logarithms) at the eighth decimal, the log-likelihood at the fourth, the gradient at the sixth.
#}
{% macro newton(
    data, fits, keys, data_keys, columns, parameters, layers, log_likelihood, gradient, hessian, is_positive=true,
    constants={}
) -%}
{%- set rows = {'data': data, 'keys': keys, 'data_keys': data_keys, 'columns': columns, 'layers': layers,
    'constants': constants} -%}
{%- set sums = {'log_likelihood': log_likelihood, 'gradient': gradient, 'hessian': hessian} -%}
{%- set longest = '1e0' if is_positive else '3e0' %}
step_0 {{ as_computed_once() }} (
    select
        {{ keys | join(', ') }},
        {%- for parameter in parameters %}
        start_{{ parameter }} as {{ parameter }},
        0e0 as d_{{ loop.index }},
        {%- endfor %}
        cast(null as {{ t_double() }}) as best,
        0 as done_at
    from {{ fits }}
),
{% for step in range(1, var('newton_steps') + 1) %}
step_{{ step }} {{ as_computed_once() }} (
    select
        {{ keys | join(', ') }},
        {%- for parameter in parameters %}
        {%- set move = 'case when rises then b_' ~ loop.index ~ ' * shortening when done_at = 0 then -d_' ~ loop.index
            ~ ' / 2e0 else 0e0 end' %}
        {{ parameter }} {{ '* exp(' ~ move ~ ')' if is_positive else '+ ' ~ move }} as {{ parameter }},
        case when rises then b_{{ loop.index }} * shortening else d_{{ loop.index }} / 2e0 end as d_{{ loop.index }},
        {%- endfor %}
        case when rises then summed else best end as best,
        case when rises and promise < {{ var('newton_tolerance') }} then {{ step }} else done_at end as done_at
    from (
        select
            *,
            done_at = 0 and (best is null or summed >= best - abs(best) * 1e-12) as rises,
            {{ longest }} / greatest({{ longest }}{% for parameter in parameters %}, abs(b_{{ loop.index }}){% endfor %}) as shortening
        from ({{ newton_solved('step_' ~ (step - 1), rows, parameters, sums, is_positive) }}) as solved
    ) as judged
),
{% endfor %}
rounded {{ as_computed_once() }} (
    select
        {{ keys | join(', ') }},
        {%- for parameter in parameters %}
        {%- set rounded = newton_rounded('ln(' ~ parameter ~ ')' if is_positive else parameter, '1e8') %}
        {{ 'exp(' ~ rounded ~ ')' if is_positive else rounded }} as {{ parameter }},
        0e0 as d_{{ loop.index }},
        {%- endfor %}
        cast(case done_at when 0 then {{ var('newton_steps') }} else done_at end as bigint) as iterations,
        0 as done_at
    from step_{{ var('newton_steps') }}
),

fitted as (
    {%- set is_found = 'summed is not null and promise < ' ~ var('newton_tolerance') ~ ' and least_pivot > ' ~ var('newton_flat') %}
    select
        {{ keys | join(', ') }},
        {%- for parameter in parameters %}
        {%- set error = newton_rounded('sqrt(c_' ~ loop.index ~ '_' ~ loop.index ~ ')', '1e8') %}
        case when {{ is_found }} then {{ parameter }} end as {{ parameter }},
        case when {{ is_found }} then {{ error }}{{ ' * ' ~ parameter if is_positive }} end as {{ parameter }}_error,
        {%- endfor %}
        {{ newton_rounded('summed', '1e4') }} as log_likelihood,
        {{ newton_rounded('gradient_norm', '1e6') }} as gradient_norm,
        iterations,
        coalesce(promise < {{ var('newton_tolerance') }}, false) as is_converged
    from ({{ newton_solved('rounded', rows, parameters, sums, is_positive, true) }}) as solved
)
{%- endmacro %}

{#
    Likelihood and derivatives at the candidates of a step, and the Newton direction. At the bottom a_i_j (i <= j) is minus
    the Hessian and b_i the gradient, by what is stepped in. Gauss-Jordan elimination, one nested select a pivot, turns b
    into the direction and adds up what it promises (twice the rise of the log-likelihood); with errors it also turns the
    unit matrix c into the inverse.
#}
{% macro newton_solved(previous, rows, parameters, sums, is_positive, with_errors=false) -%}
{%- set count = parameters | length -%}
{%- set passed = rows['keys'] + parameters + [('iterations' if with_errors else 'best'), 'done_at', 'summed'] -%}
{%- for i in range(1, count + 1) %}{% do passed.append('d_' ~ i) %}{% endfor -%}
{%- if with_errors %}{% do passed.append('gradient_norm') %}{% endif -%}
{%- for pivot in range(count, 0, -1) %}
select
    {{ passed | join(', ') }},
    {{ newton_eliminated(pivot, count, with_errors) }}
from (
{%- endfor %}
select
    {{ passed | join(', ') | replace('gradient_norm', newton_norm(parameters, is_positive) ~ ' as gradient_norm') }},
    {%- for i in range(1, count + 1) %}
    {%- for j in range(i, count + 1) %}
    {%- set value = newton_curvature(i, j, parameters, is_positive) %}
    {{ newton_pivot(value) if j == 1 else value }} as a_{{ i }}_{{ j }},
    {%- if with_errors and j == 1 %}
    {{ value }} as least_pivot,
    {%- endif %}
    {%- endfor %}
    {%- if with_errors %}
    {%- for j in range(1, count + 1) %}
    {{ '1e0' if i == j else '0e0' }} as c_{{ i }}_{{ j }},
    {%- endfor %}
    {%- endif %}
    {{ newton_slope(i, parameters, is_positive) }} as b_{{ i }},
    {%- endfor %}
    0e0 as promise
from ({{ newton_summed(previous, rows, parameters, sums, with_errors) }}) as summed_up
{%- for pivot in range(1, count + 1) %}
) as pivot_{{ pivot }}
{%- endfor %}
{%- endmacro %}

{# The columns after one pivot: its row divided by it, and taken from every other row as often as it is in it. #}
{% macro newton_eliminated(pivot, count, with_errors) -%}
{%- set divided = ' / a_' ~ pivot ~ '_' ~ pivot -%}
{%- set next = pivot + 1 -%}
{%- for i in range(1, count + 1) %}
{%- set taken = ' - a_' ~ [i, pivot] | min ~ '_' ~ [i, pivot] | max ~ ' * ' %}
{%- for j in range([i, next] | max, count + 1) %}
{%- set value = 'a_' ~ i ~ '_' ~ j ~ (taken ~ ('a_' ~ [pivot, j] | min ~ '_' ~ [pivot, j] | max) if i != pivot) ~ divided %}
{{ newton_pivot(value) if i == next and j == next else value }} as a_{{ i }}_{{ j }},
{%- if with_errors and i == next and j == next %}
least(least_pivot, {{ value }}) as least_pivot,
{%- endif %}
{%- endfor %}
{%- if with_errors %}
{%- for j in range(1, count + 1) %}
c_{{ i }}_{{ j }}{{ taken ~ 'c_' ~ pivot ~ '_' ~ j if i != pivot }}{{ divided }} as c_{{ i }}_{{ j }},
{%- endfor %}
{%- endif %}
b_{{ i }}{{ taken ~ 'b_' ~ pivot if i != pivot }}{{ divided }} as b_{{ i }},
{%- endfor %}
{%- if with_errors and pivot == count %}
least_pivot,
{%- endif %}
promise + b_{{ pivot }} * b_{{ pivot }}{{ divided }} as promise
{%- endmacro %}

{# One pass over the data: the sums of every fit that is not done. #}
{% macro newton_summed(previous, rows, parameters, sums, with_errors) -%}
select
    {{ rows['keys'] | join(', ') }},
    {%- for column in parameters + ['iterations' if with_errors else 'best', 'done_at'] %}
    max({{ column }}) as {{ column }},
    {%- endfor %}
    {%- for i in range(1, parameters | length + 1) %}
    max(d_{{ i }}) as d_{{ i }},
    sum({{ sums['gradient'][i - 1] }}) as g_{{ i }},
    {%- for expression in sums['hessian'][i - 1] %}
    sum({{ expression }}) as h_{{ i }}_{{ i + loop.index0 }},
    {%- endfor %}
    {%- endfor %}
    sum({{ sums['log_likelihood'] }}) as summed
from (
    {%- for layer in rows['layers'] | reverse %}
    select
        *
        {%- for name, expression in layer.items() %},
        {{ expression }} as {{ name }}
        {%- endfor %}
    from (
    {%- endfor %}
    select
        {{ previous }}.*
        {%- for column in rows['columns'] %},
        data.{{ column }}
        {%- endfor %}
    from (
        select
            *
            {%- for name, expression in rows['constants'].items() %},
            {{ expression }} as {{ name }}
            {%- endfor %}
        from {{ previous }}
        limit 1000
    ) as {{ previous }}
    left join {{ rows['data'] }} as data
        on
            {{ previous }}.done_at = 0
            {%- for key in rows['data_keys'] %}
            and {{ previous }}.{{ key }} = data.{{ key }}
            {%- endfor %}
    {%- for layer in rows['layers'] %}
    ) as layer_{{ loop.index }}
    {%- endfor %}
) as measured
group by {{ rows['keys'] | join(', ') }}
{%- endmacro %}

{# A pivot that keeps the direction uphill: never negative, never next to nothing. #}
{% macro newton_pivot(value) -%} greatest(abs({{ value }}), {{ var('newton_flat') }}) {%- endmacro %}

{% macro newton_rounded(value, scale) -%} floor({{ value }} * {{ scale }} + 0.5e0) / {{ scale }} {%- endmacro %}

{# Derivatives by what is stepped in: by the logarithm of a parameter that is kept above 0. #}
{% macro newton_slope(i, parameters, is_positive) -%} g_{{ i }}{{ ' * ' ~ parameters[i - 1] if is_positive }} {%- endmacro %}

{% macro newton_curvature(i, j, parameters, is_positive) -%}
-h_{{ i }}_{{ j }}
{%- if is_positive %} * {{ parameters[i - 1] }} * {{ parameters[j - 1] }}{{ ' - g_' ~ i ~ ' * ' ~ parameters[i - 1] if i == j }}{% endif -%}
{%- endmacro %}

{% macro newton_norm(parameters, is_positive) -%}
sqrt({% for parameter in parameters %}{% set slope = newton_slope(loop.index, parameters, is_positive) %}
    {{- ' + ' if not loop.first }}{{ slope }} * {{ slope }}{% endfor %})
{%- endmacro %}
