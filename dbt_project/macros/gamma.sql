{#
    The gamma function's family for arguments above 0, as expressions. The argument is written out many times: pass a
    column or a literal. Everywhere: shift the argument up by 10, where the asymptotic series is exact to double precision
    (Abramowitz & Stegun 1972, 6.1.41, 6.3.18, 6.4.12), then take the shift back by the recurrence.
#}

{# ln(gamma(x)) #}
{% macro log_gamma(x) %}{{ return(adapter.dispatch('log_gamma')(x)) }}{% endmacro %}
{% macro duckdb__log_gamma(x) -%} lgamma({{ x }}) {%- endmacro %}
{% macro default__log_gamma(x) -%}
{%- set z = '(' ~ x ~ ' + 10e0)' -%}
{%- set w = '/ (' ~ z ~ ' * ' ~ z ~ ')' -%}
(
    ({{ z }} - 0.5e0) * ln({{ z }}) - {{ z }} + 0.91893853320467274178e0
    + (1e0 / 12e0 - (1e0 / 360e0 - (1e0 / 1260e0 - (1e0 / 1680e0 - (1e0 / 1188e0
        - 691e0 / 360360e0 {{ w }}) {{ w }}) {{ w }}) {{ w }}) {{ w }}) / {{ z }}
    - ln({% for i in range(10) %}{{ '' if loop.first else ' * ' }}({{ x }} + {{ i }}e0){% endfor %})
)
{%- endmacro %}

{# The derivative of log_gamma. #}
{% macro digamma(x) -%}
{%- set z = '(' ~ x ~ ' + 10e0)' -%}
{%- set w = '/ (' ~ z ~ ' * ' ~ z ~ ')' -%}
(
    ln({{ z }}) - 0.5e0 / {{ z }}
    - (1e0 / 12e0 - (1e0 / 120e0 - (1e0 / 252e0 - (1e0 / 240e0 - (1e0 / 132e0
        - 691e0 / 32760e0 {{ w }}) {{ w }}) {{ w }}) {{ w }}) {{ w }}) {{ w }}
    {% for i in range(10) %} - 1e0 / ({{ x }} + {{ i }}e0){% endfor %}

)
{%- endmacro %}

{# The derivative of digamma. #}
{% macro trigamma(x) -%}
{%- set z = '(' ~ x ~ ' + 10e0)' -%}
{%- set w = '/ (' ~ z ~ ' * ' ~ z ~ ')' -%}
(
    (1e0 + 0.5e0 / {{ z }}
    + (1e0 / 6e0 - (1e0 / 30e0 - (1e0 / 42e0 - (1e0 / 30e0 - (5e0 / 66e0
        - 691e0 / 2730e0 {{ w }}) {{ w }}) {{ w }}) {{ w }}) {{ w }}) {{ w }}) / {{ z }}
    {% for i in range(10) %} + 1e0 / (({{ x }} + {{ i }}e0) * ({{ x }} + {{ i }}e0)){% endfor %}

)
{%- endmacro %}

{# ln(beta(a, b)) #}
{% macro log_beta(a, b) -%}
({{ log_gamma(a) }} + {{ log_gamma(b) }} - {{ log_gamma('(' ~ a ~ ' + ' ~ b ~ ')') }})
{%- endmacro %}
