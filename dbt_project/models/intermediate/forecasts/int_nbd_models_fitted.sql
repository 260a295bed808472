with

patterns as (
    select * from {{ ref('int_purchase_patterns_counted') }}
),

repeats as (
    select * from {{ ref('int_repeat_purchases_counted') }}
),

statistics as (
    select
        origin_on,
        cast(sum(customers) as {{ t_double() }}) as customers,
        cast(repeat_count as {{ t_double() }}) as repeat_count,
        age_days / 7.0e0 as age,
        0e0 as repeat_number,
        0e0 as customers_above
    from patterns
    group by origin_on, repeat_count, age_days
    union all
    select
        origin_on,
        0e0 as customers,
        0e0 as repeat_count,
        0e0 as age,
        cast(repeat_number as {{ t_double() }}) as repeat_number,
        cast(customers_above as {{ t_double() }}) as customers_above
    from repeats
),

{# A gamma of shape 1 around the mean rate of all. #}
starts as (
    select
        origin_on,
        1e0 as start_r,
        sum(customers * age) / sum(customers * repeat_count) as start_alpha
    from statistics
    group by origin_on
    having sum(customers * repeat_count) > 0 and sum(customers * age) > 0
),

{{ newton(
    data='statistics', fits='starts', keys=['origin_on'], data_keys=['origin_on'],
    columns=['customers', 'repeat_count', 'age', 'repeat_number', 'customers_above'],
    parameters=['r', 'alpha'],
    layers=[{'orders': 'r + repeat_count', 'reach': 'alpha + age'}],
    log_likelihood='customers * (r * ln(alpha) - orders * ln(reach)) + customers_above * ln(r + repeat_number)',
    gradient=[
        'customers * ln(alpha / reach) + customers_above / (r + repeat_number)',
        'customers * (r / alpha - orders / reach)',
    ],
    hessian=[
        ['-customers_above / ((r + repeat_number) * (r + repeat_number))', 'customers * (1e0 / alpha - 1e0 / reach)'],
        ['customers * (orders / (reach * reach) - r / (alpha * alpha))'],
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
