with

evidence as (
    select * from {{ ref('int_purchase_evidence_gathered') }}
),

{# A gamma of shape 1 around the mean rate of all. #}
starts as (
    select
        origin_on,
        1e0 as start_r,
        sum(customers * age) / sum(customers * repeat_count) as start_alpha
    from evidence
    group by origin_on
    having sum(customers * repeat_count) > 0 and sum(customers * age) > 0
),

{{ newton(
    data=ref('int_purchase_evidence_gathered'), fits='starts', keys=['origin_on'], data_keys=['origin_on'],
    columns=['customers', 'repeat_count', 'age', 'repeat_number', 'customers_above'],
    parameters=['r', 'alpha'],
    constants={'ln_alpha': 'ln(alpha)', 'r_alpha': 'r / alpha'},
    layers=[{'orders': 'r + repeat_count', 'reach': 'alpha + age', 'ln_reach': 'ln(alpha + age)'}],
    log_likelihood='customers * (r * ln_alpha - orders * ln_reach) + customers_above * ln(r + repeat_number)',
    gradient=[
        'customers * (ln_alpha - ln_reach) + customers_above / (r + repeat_number)',
        'customers * (r_alpha - orders / reach)',
    ],
    hessian=[
        ['-customers_above / ((r + repeat_number) * (r + repeat_number))', 'customers * (1e0 / alpha - 1e0 / reach)'],
        ['customers * (orders / (reach * reach) - r_alpha / alpha)'],
    ]
) }}

select
    origin_on,
    'nbd' as model,
    r,
    alpha,
    cast(null as {{ t_double() }}) as a,
    cast(null as {{ t_double() }}) as b,
    r_error,
    alpha_error,
    cast(null as {{ t_double() }}) as a_error,
    cast(null as {{ t_double() }}) as b_error,
    log_likelihood,
    gradient_norm,
    iterations,
    is_converged
from fitted
