{#
    Gamma-Gamma (Fader & Hardie 2013, eq. 1a). A customer whose x purchases are worth m on average adds

        ln gamma(px + q) - ln gamma(px) - ln gamma(q) + q ln v + (px - 1) ln m + px ln x - (px + q) ln(xm + v)

    to the log-likelihood. The gamma functions depend on x alone, so they stand in rows of their own (gamma_times), a few
    for all customers, and each step writes one of them once; the logarithms are summed over customers.
#}
{% macro newton_of_spend_models(data, fits) -%}
{%- set psi -%} case when gamma_times <> 0 then gamma_times * {{ digamma('shape') }} else 0e0 end {%- endset -%}
{%- set psi_1 -%} case when gamma_times <> 0 then gamma_times * {{ trigamma('shape') }} else 0e0 end {%- endset -%}
{%- set ln_gamma -%} case when gamma_times <> 0 then gamma_times * {{ log_gamma('shape') }} else 0e0 end {%- endset -%}
{{ newton(
    data=data, fits=fits, keys=['origin_on'], data_keys=['origin_on'],
    columns=['customers', 'purchases', 'q_times', 'spent_amount', 'mean_amount', 'gamma_times'],
    parameters=['p', 'q', 'v'],
    constants={'one_v': '1e0 / v'},
    layers=[
        {
            'shape': 'p * purchases + q * q_times',
            'ln_p': 'ln((spent_amount + v) / spent_amount)',
            'ln_q': 'ln((spent_amount + v) * one_v)',
            'share': '1e0 / (spent_amount + v)',
        },
        {'slope': psi, 'curve': psi_1},
    ],
    log_likelihood='customers * (-p * purchases * ln_p - q * ln_q - ln(mean_amount)) + ' ~ ln_gamma,
    gradient=[
        'purchases * (slope - customers * ln_p)',
        'q_times * (slope - customers * ln_q)',
        'customers * (q * one_v - shape * share)',
    ],
    hessian=[
        ['purchases * purchases * curve', 'purchases * q_times * curve', '-customers * purchases * share'],
        ['q_times * curve', 'customers * (one_v - share)'],
        ['customers * (shape * share * share - q * one_v * one_v)'],
    ]
) }}
{%- endmacro %}
