{#
    Shifted beta-geometric (Fader & Hardie 2007, eq. 5-7): a subscriber leaves each month with a probability of their own,
    beta distributed over subscribers, so that of those left after j months alpha / (alpha + beta + j) leave in the next. A
    row is a month of tenure: how many subscriptions were kept and lost in it.
#}
{% macro newton_of_contract_models(data, fits) -%}
{{ newton(
    data=data, fits=fits, keys=['origin_on'], data_keys=['origin_on'],
    columns=['month_number', 'kept', 'lost'], parameters=['alpha', 'beta'],
    layers=[
        {'beta_j': 'beta + month_number - 1e0', 'both_j': 'alpha + beta + month_number - 1e0'},
        {'all_by_both': '(kept + lost) / both_j', 'flat': '(kept + lost) / (both_j * both_j)'},
    ],
    log_likelihood='lost * ln(alpha / both_j) + kept * ln(beta_j / both_j)',
    gradient=['lost / alpha - all_by_both', 'kept / beta_j - all_by_both'],
    hessian=[['flat - lost / (alpha * alpha)', 'flat'], ['flat - kept / (beta_j * beta_j)']]
) }}
{%- endmacro %}
