{#
    The logistic regression of churn risk. Its terms beside the intercept are columns `<term>_term` of
    int_churn_features_gathered, its coefficients `<term>_coefficient`; names are text to split at the blanks.
#}
{% macro churn_terms() -%} orders recency age rhythm purchase_model {%- endmacro %}

{# The terms that people understand, which the drivers of churn risk are told by. #}
{% macro churn_facts() -%} orders recency rhythm {%- endmacro %}

{# The coefficients, with the intercept. #}
{% macro churn_coefficients() -%}
intercept{% for term in churn_terms().split() %} {{ term }}_coefficient{% endfor %}
{%- endmacro %}

{#
    `data` has rows of customers with the same terms, of whom lapsed_customers did not buy again; `fits` the columns fit and
    has_all, 1 for all terms and 0 for the facts alone. The log-likelihood of a row is l * z - n * ln(1 + exp(z)), z the
    log-odds, written so that nothing overflows.
#}
{% macro newton_of_churn_logit(data, fits) -%}
{%- set coefficients = churn_coefficients().split() -%}
{%- set values = ['1e0'] -%}
{%- for term in churn_terms().split() -%}
{%- do values.append(term ~ '_term' ~ (' * has_all' if term not in churn_facts().split())) -%}
{%- endfor -%}
{%- set log_odds %}{% for value in values %}{{ ' + ' if not loop.first }}{{ coefficients[loop.index0] }} * {{ value }}{% endfor %}{% endset -%}
{%- set gradient = [] -%}
{%- set hessian = [] -%}
{%- for value in values -%}
{%- do gradient.append('(lapsed_customers - customers * p) * ' ~ value) -%}
{%- do hessian.append([]) -%}
{%- for other in values[loop.index0:] -%}{%- do hessian[-1].append('-weight * ' ~ value ~ ' * ' ~ other) -%}{%- endfor -%}
{# A term that is left out stays at 0: any curvature will do. #}
{%- if 'has_all' in value -%}{%- do hessian[-1].insert(0, hessian[-1].pop(0) ~ ' - 1e0 + has_all') -%}{%- endif -%}
{%- endfor -%}
{{ newton(
    data=data, fits=fits, keys=['fit', 'has_all'], data_keys=['fit'], parameters=coefficients, is_positive=false,
    columns=['customers', 'lapsed_customers'] + (churn_terms() ~ '_term').replace(' ', '_term ').split(),
    layers=[
        {'log_odds': log_odds},
        {'p': '1e0 / (1e0 + exp(greatest(least(-log_odds, 700e0), -700e0)))'},
        {'weight': 'customers * p * (1e0 - p)'},
    ],
    log_likelihood='lapsed_customers * log_odds - customers * (greatest(log_odds, 0e0) + ln(1e0 + exp(-abs(log_odds))))',
    gradient=gradient, hessian=hessian
) }}
{%- endmacro %}
