{#
    Tails and quantiles of the usual distributions, as expressions. Arguments are written out many times: pass columns or
    literals. Null in, null out.
#}

{# A polynomial with the given coefficients, highest power first, nested so that it is short to compute. #}
{% macro polynomial(x, coefficients) -%}
{{ '(' * (coefficients | length - 1) }}{{ coefficients[0] }}
{%- for coefficient in coefficients[1:] %} * {{ x }} + {{ coefficient }}){%- endfor -%}
{%- endmacro %}

{#
    The upper tail of the standard normal at a distance of 0 or more, 1e-13 relative wherever it is above 1e-300: the
    rational approximations of Cody (1969, Math. Comp. 23, as in ACM Algorithm 715). 0 beyond a distance of 37.5.
#}
{% macro normal_tail(distance) -%}
{%- set square = '(' ~ distance ~ ' * ' ~ distance ~ ')' -%}
{%- set inverse = '(1e0 / ' ~ square ~ ')' -%}
case
    when {{ distance }} <= 0.67448975e0 then 0.5e0 - {{ distance }}
        * {{ polynomial(square, ['0.065682337918207449113e0', '2.2352520354606839287e0', '161.02823106855587881e0',
            '1067.6894854603709582e0', '18154.981253343561249e0']) }}
        / {{ polynomial(square, ['1e0', '47.20258190468824187e0', '976.09855173777669322e0',
            '10260.932208618978205e0', '45507.789335026729956e0']) }}
    when {{ distance }} <= 5.656854249492380e0 then exp(-0.5e0 * {{ square }})
        * {{ polynomial(distance, ['1.0765576773720192317e-8', '0.39894151208813466764e0', '8.8831497943883759412e0',
            '93.506656132177855979e0', '597.27027639480026226e0', '2494.5375852903726711e0', '6848.1904505362823326e0',
            '11602.651437647350124e0', '9842.7148383839780218e0']) }}
        / {{ polynomial(distance, ['1e0', '22.266688044328115691e0', '235.38790178262499861e0',
            '1519.377599407554805e0', '6485.558298266760755e0', '18615.571640885098091e0', '34900.952721145977266e0',
            '38912.003286093271411e0', '19685.429676859990727e0']) }}
    when {{ distance }} <= 37.5e0 then exp(-0.5e0 * {{ square }}) / {{ distance }}
        * (0.39894228040143267794e0 - {{ inverse }}
            * {{ polynomial(inverse, ['0.02307344176494017303e0', '0.21589853405795699e0', '0.1274011611602473639e0',
                '0.022235277870649807e0', '0.001421619193227893466e0', '2.9112874951168792e-5']) }}
            / {{ polynomial(inverse, ['1e0', '1.28426009614491121e0', '0.468238212480865118e0',
                '0.0659881378689285515e0', '0.00378239633202758244e0', '7.29751555083966205e-5']) }})
    when {{ distance }} > 37.5e0 then 0e0
end
{%- endmacro %}

{# P(Z <= x) of the standard normal, exact in both tails. #}
{% macro normal_cdf(x) -%}
((case when {{ x }} > 0e0 then 1e0 else 0e0 end) - (case when {{ x }} > 0e0 then 1e0 else -1e0 end)
* {{ normal_tail('abs(' ~ x ~ ')') }})
{%- endmacro %}

{# P(|Z| >= |deviate|) of the standard normal: the two-sided p-value of a z-test. #}
{% macro two_sided_p(deviate) -%}
(2e0 * {{ normal_tail('abs(' ~ deviate ~ ')') }})
{%- endmacro %}

{# The deviate of which normal_cdf is the probability, 1e-15 relative: Wichura (1988, AS 241, PPND16). Null outside 0 to 1. #}
{% macro normal_quantile(probability) -%}
{%- set centred = '(' ~ probability ~ ' - 0.5e0)' -%}
{%- set near = '(0.180625e0 - ' ~ centred ~ ' * ' ~ centred ~ ')' -%}
{%- set outer = 'sqrt(-ln(least(' ~ probability ~ ', 1e0 - ' ~ probability ~ ')))' -%}
{%- set far = '(' ~ outer ~ ' - 1.6e0)' -%}
{%- set very_far = '(' ~ outer ~ ' - 5e0)' -%}
case
    when abs({{ centred }}) <= 0.425e0 then {{ centred }}
        * {{ polynomial(near, ['2509.0809287301226727e0', '33430.575583588128105e0', '67265.770927008700853e0',
            '45921.953931549871457e0', '13731.693765509461125e0', '1971.5909503065514427e0',
            '133.14166789178437745e0', '3.3871328727963666080e0']) }}
        / {{ polynomial(near, ['5226.4952788528545610e0', '28729.085735721942674e0', '39307.895800092710610e0',
            '21213.794301586595867e0', '5394.1960214247511077e0', '687.18700749205790830e0',
            '42.313330701600911252e0', '1e0']) }}
    when {{ probability }} <= 0e0 or {{ probability }} >= 1e0 then null
    when {{ outer }} <= 5e0 then sign({{ centred }})
        * {{ polynomial(far, ['7.74545014278341407640e-4', '0.0227238449892691845833e0', '0.241780725177450611770e0',
            '1.27045825245236838258e0', '3.64784832476320460504e0', '5.76949722146069140550e0',
            '4.63033784615654529590e0', '1.42343711074968357734e0']) }}
        / {{ polynomial(far, ['1.05075007164441684324e-9', '5.47593808499534494600e-4', '0.0151986665636164571966e0',
            '0.148103976427480074590e0', '0.689767334985100004550e0', '1.67638483018380384940e0',
            '2.05319162663775882187e0', '1e0']) }}
    else sign({{ centred }})
        * {{ polynomial(very_far, ['2.01033439929228813265e-7', '2.71155556874348757815e-5',
            '0.00124266094738807843860e0', '0.0265321895265761230930e0', '0.296560571828504891230e0',
            '1.78482653991729133580e0', '5.46378491116411436990e0', '6.65790464350110377720e0']) }}
        / {{ polynomial(very_far, ['2.04426310338993978564e-15', '1.42151175831644588870e-7',
            '1.84631831751005468180e-5', '7.86869131145613259100e-4', '0.0148753612908506148525e0',
            '0.136929880922735805310e0', '0.599832206555887937690e0', '1e0']) }}
end
{%- endmacro %}

{#
    P(X >= statistic) of a chi-square with 1 to 31 degrees of freedom (a column may hold them): the finite sums of
    Abramowitz & Stegun (1972, 26.4.4 and 26.4.5), all terms positive. Null for other degrees of freedom, 0 beyond a statistic of 1400.
#}
{% macro chi_square_tail(statistic, degrees_of_freedom) -%}
{%- set root = 'sqrt(' ~ statistic ~ ')' -%}
case
    when {{ degrees_of_freedom }} not between 1 and 31 then null
    when {{ statistic }} <= 0e0 then 1e0
    when {{ statistic }} > 1400e0 then 0e0
    when {{ degrees_of_freedom }} % 2 = 0 then exp(-0.5e0 * {{ statistic }})
        * {{ chi_square_sum(statistic, degrees_of_freedom, 2) }}
    when {{ degrees_of_freedom }} % 2 = 1 then {{ two_sided_p(root) }}
        + 0.79788456080286535588e0 * exp(-0.5e0 * {{ statistic }}) * {{ root }}
        * {{ chi_square_sum(statistic, degrees_of_freedom, 3) }}
end
{%- endmacro %}

{# 1 + x/k + x^2/(k(k+2)) + ... with one term for every second degree of freedom from `first` on; 0 below it. #}
{% macro chi_square_sum(statistic, degrees_of_freedom, first) -%}
(case when {{ degrees_of_freedom }} >= {{ first }} then 1e0
{%- for k in range(first, 30, 2) %} + {{ statistic }} / {{ k }}e0 * (case when {{ degrees_of_freedom }} >= {{ k + 2 }} then 1e0
{%- endfor -%}
{% for k in range(first, 30, 2) %} else 0e0 end){% endfor %} else 0e0 end)
{%- endmacro %}

{#
    Student's t by way of the normal (Hill 1970, CACM 13, Algorithms 395 and 396): the deviate that has under the normal the
    tail that `statistic` has under t, and back again. Degrees of freedom may be any real number from 5 on. Two-sided p-values
    are within 4e-7 at 5 degrees of freedom, 2e-9 from 10 and 3e-11 from 20 on; quantiles at 95 % within 1e-7, 1e-8 and 1e-9 relative.
#}
{% macro student_t_deviate(statistic, degrees_of_freedom) -%}
{%- set a = '(' ~ degrees_of_freedom ~ ' - 0.5e0)' -%}
{%- set b = '(48e0 * ' ~ a ~ ' * ' ~ a ~ ')' -%}
{%- set share = '(' ~ statistic ~ ' * ' ~ statistic ~ ' / ' ~ degrees_of_freedom ~ ')' -%}
{%- set square = '(' ~ a ~ ' * ' ~ log_of_one_plus(share) ~ ')' -%}
(sign({{ statistic }}) * sqrt({{ square }}) * (1e0 + ({{ square }} + 3e0
    - {{ polynomial(square, ['0.4e0', '3.3e0', '24e0', '85.5e0']) }}
    / (0.8e0 * {{ square }} * {{ square }} + 100e0 + {{ b }})) / {{ b }}))
{%- endmacro %}

{% macro student_t_statistic(deviate, degrees_of_freedom) -%}
{%- set x = '(-abs(' ~ deviate ~ '))' -%}
{%- set a = '(1e0 / (' ~ degrees_of_freedom ~ ' - 0.5e0))' -%}
{%- set b = '(48e0 / (' ~ a ~ ' * ' ~ a ~ '))' -%}
{%- set c = '(' ~ polynomial(a, ['20700e0 / ' ~ b, '-98e0', '-16e0', '96.36e0']) ~ ')' -%}
{%- set d = '(((94.5e0 / (' ~ b ~ ' + ' ~ c ~ ') - 3e0) / ' ~ b ~ ' + 1e0)
    * sqrt(1.5707963267948966e0 * ' ~ a ~ ') * ' ~ degrees_of_freedom ~ ')' -%}
{%- set divisor = '(' ~ polynomial(x, ['0.05e0 * ' ~ d, '-5e0', '-7e0', '-2e0', b ~ ' + ' ~ c]) ~ ')' -%}
{%- set square = '(' ~ x ~ ' * ' ~ x ~ ')' -%}
{%- set root = '(((' ~ polynomial(square, ['0.4e0', '6.3e0', '36e0', '94.5e0']) ~ ' / ' ~ divisor ~ ' - ' ~ square
    ~ ' - 3e0) / ' ~ b ~ ' + 1e0) * ' ~ x ~ ')' -%}
{%- set share = '(' ~ a ~ ' * ' ~ root ~ ' * ' ~ root ~ ')' -%}
(sign({{ deviate }}) * sqrt({{ degrees_of_freedom }} * {{ share }} * {{ exp_ratio(share) }}))
{%- endmacro %}

{# ln(1 + x) that keeps its digits near 0 (Higham 2002, Accuracy and Stability of Numerical Algorithms, 1.14.1). #}
{% macro log_of_one_plus(x) -%}
(case when 1e0 + {{ x }} = 1e0 then {{ x }} else ln(1e0 + {{ x }}) * {{ x }} / ((1e0 + {{ x }}) - 1e0) end)
{%- endmacro %}
