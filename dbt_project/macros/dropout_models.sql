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
    constants={'ln_alpha': 'ln(alpha)', 'ln_a': 'ln(a)', 'r_alpha': 'r / alpha', 'one_alpha': '1e0 / alpha', 'one_a': '1e0 / a'},
    layers=[
        {
            'turns': 'repeat_count + dropout_offset',
            'chances': 'case dropout_offset when 0 then customers_above else customers_at_least end',
            'orders': 'r + repeat_count',
            'ln_reach': 'ln(alpha + age)',
            'one_reach': '1e0 / (alpha + age)',
            'one_last': '1e0 / (alpha + last_age)',
            'gap_r': 'ln((alpha + age) / (alpha + last_age))',
            'one_step_r': '1e0 / (r + repeat_number)',
            'one_step_b': '1e0 / (b + repeat_number)',
            'one_step_ab': '1e0 / (a + b + repeat_number)',
        },
        {
            'gap_alpha': 'orders * (one_reach - one_last)',
            'gap_b': 'case when turns > 0 then 1e0 / (b + turns - 1e0) else 0e0 end',
            'odds_gone': 'case when turns > 0 then ln_a - ln(b + turns - 1e0) + orders * gap_r else -500e0 end',
            'per_r': 'customers_above * one_step_r',
            'per_b': 'chances * one_step_b',
            'per_ab': 'chances * one_step_ab',
        },
        {'gone': '1e0 / (1e0 + exp(least(greatest(-odds_gone, -500e0), 500e0)))'},
        {'lost': 'customers * gone', 'spread': 'customers * gone * (1e0 - gone)'},
    ],
    log_likelihood='customers'
        ~ ' * (r * ln_alpha - orders * ln_reach + greatest(odds_gone, 0e0) - ln(greatest(gone, 1e0 - gone)))'
        ~ ' + case when customers_at_least > 0 then customers_above * ln(r + repeat_number)'
        ~ ' + chances * ln(one_step_ab / one_step_b) else 0e0 end',
    gradient=[
        'customers * (ln_alpha - ln_reach) + lost * gap_r + per_r',
        'customers * (r_alpha - orders * one_reach) + lost * gap_alpha',
        'lost * one_a - per_ab',
        'per_b * a * one_step_ab - lost * gap_b',
    ],
    hessian=[
        [
            'spread * gap_r * gap_r - per_r * one_step_r',
            'customers * (one_alpha - one_reach) + lost * (one_reach - one_last) + spread * gap_r * gap_alpha',
            'spread * gap_r * one_a',
            '-spread * gap_r * gap_b',
        ],
        [
            'customers * (orders * one_reach * one_reach - r_alpha * one_alpha)'
                ~ ' - lost * gap_alpha * (one_reach + one_last) + spread * gap_alpha * gap_alpha',
            'spread * gap_alpha * one_a',
            '-spread * gap_alpha * gap_b',
        ],
        ['per_ab * one_step_ab - (lost - spread) * one_a * one_a', 'per_ab * one_step_ab - spread * one_a * gap_b'],
        ['(lost + spread) * gap_b * gap_b + per_ab * one_step_ab - per_b * one_step_b'],
    ]
) }}
{%- endmacro %}
