{#
    BG/NBD (Fader, Hardie & Lee 2005, eq. 6) and MBG/NBD (Batislam, Denizel & Filiztekin 2007; Hoppe & Wagner 2007) in one
    formula. With x repeat purchases, the last at age t, seen until age T, and s = dropout_offset (0 for BG/NBD, 1 for
    MBG/NBD), the likelihood of a customer is

        prod_{j<x} (r + j) * prod_{j<x+s} (b + j) / (a + b + j)
            * alpha^r * ((alpha + T)^-(r+x) + a / (b + x + s - 1) * (alpha + t)^-(r+x))

    the second term only if x + s > 0. So all customers need two kinds of rows: how many share a history (customers,
    repeat_count, last_age, age), and how many have more than j repeat purchases, or at least j (repeat_number j,
    customers_above, customers_at_least), where the columns of the other kind are 0. No gamma functions, nothing cancels.
    `gone` is the probability of having dropped out; derivatives of the logarithm of a sum are means weighted by it.
#}
{% macro newton_of_dropout_models(data, fits) -%}
{{ newton(
    data=data, fits=fits, keys=['origin_on', 'dropout_offset'], data_keys=['origin_on'],
    columns=['customers', 'repeat_count', 'last_age', 'age', 'repeat_number', 'customers_at_least', 'customers_above'],
    parameters=['r', 'alpha', 'a', 'b'],
    layers=[
        {
            'turns': 'repeat_count + dropout_offset',
            'chances': 'case dropout_offset when 0 then customers_above else customers_at_least end',
            'orders': 'r + repeat_count',
            'reach': 'alpha + age',
            'last_reach': 'alpha + last_age',
            'step_r': 'r + repeat_number',
            'step_b': 'b + repeat_number',
            'step_ab': 'a + b + repeat_number',
        },
        {
            'rate': 'orders / reach',
            'last_rate': 'orders / last_reach',
            'gap_r': 'ln(reach / last_reach)',
            'gap_b': 'case when turns > 0 then 1e0 / (b + turns - 1e0) else 0e0 end',
            'seen_alive': '-orders * ln(reach)',
            'per_r': 'customers_above / step_r',
            'per_b': 'chances / step_b',
            'per_ab': 'chances / step_ab',
        },
        {
            'gap_alpha': 'rate - last_rate',
            'odds_gone': 'case when turns > 0 then ln(a * gap_b) + orders * gap_r else -500e0 end',
        },
        {'gone': '1e0 / (1e0 + exp(least(greatest(-odds_gone, -500e0), 500e0)))'},
        {
            'lost': 'customers * gone',
            'spread': 'customers * gone * (1e0 - gone)',
            'seen': 'case when gone > 0.5e0 then odds_gone - ln(gone) else -ln(1e0 - gone) end',
        },
    ],
    log_likelihood='customers * (r * ln(alpha) + seen_alive + seen)'
        ~ ' + customers_above * ln(step_r) + chances * ln(step_b / step_ab)',
    gradient=[
        'customers * ln(alpha / reach) + lost * gap_r + per_r',
        'customers * (r / alpha - rate) + lost * gap_alpha',
        'lost / a - per_ab',
        'per_b * a / step_ab - lost * gap_b',
    ],
    hessian=[
        [
            'spread * gap_r * gap_r - per_r / step_r',
            'customers * (1e0 / alpha - 1e0 / reach) + lost * (1e0 / reach - 1e0 / last_reach) + spread * gap_r * gap_alpha',
            'spread * gap_r / a',
            '-spread * gap_r * gap_b',
        ],
        [
            'customers * (rate / reach - r / (alpha * alpha)) + lost * (last_rate / last_reach - rate / reach)'
                ~ ' + spread * gap_alpha * gap_alpha',
            'spread * gap_alpha / a',
            '-spread * gap_alpha * gap_b',
        ],
        ['per_ab / step_ab - (lost - spread) / (a * a)', 'per_ab / step_ab - spread * gap_b / a'],
        ['(lost + spread) * gap_b * gap_b + per_ab / step_ab - per_b / step_b'],
    ]
) }}
{%- endmacro %}
