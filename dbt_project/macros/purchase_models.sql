{#
    What a purchase model says of a customer, as closed forms. `history` names a relation with repeat_count (x),
    days_to_last_purchase (t) and age_days (T), `model` one with its parameters r, alpha, a, b (published in weeks),
    dropout_offset (s: 0 for BG/NBD, Fader, Hardie & Lee 2005; 1 for MBG/NBD, Batislam, Denizel & Filiztekin 2007) and
    is_dropout_identified. A customer may drop out after each of x + s purchases, with a probability distributed as Beta(a, b).
#}

{#
    The probability that a customer has not dropped out by the origin: 1 / (1 + odds), where
    odds = a / (b + x + s - 1) * ((alpha + T) / (alpha + t)) ^ (r + x), and 0 for whom BG/NBD gave no chance to drop out yet.
    Null when dropout is not identified.
#}
{% macro probability_alive(history, model) -%}
case
    when {{ model }}.is_dropout_identified and {{ history }}.repeat_count + {{ model }}.dropout_offset = 0
        then 1e0
    when {{ model }}.is_dropout_identified
        then 1e0 / (1e0 + exp(least(700e0,
            ln({{ model }}.a) - ln({{ model }}.b + {{ history }}.repeat_count + {{ model }}.dropout_offset - 1)
            + ({{ model }}.r + {{ history }}.repeat_count) * (
                ln({{ model }}.alpha + {{ history }}.age_days / 7e0)
                - ln({{ model }}.alpha + {{ history }}.days_to_last_purchase / 7e0)
            )
        )))
end
{%- endmacro %}

{#
    The probability of no order in the `days` after the origin: 1 - P(alive) * (1 - ((alpha + T) / (alpha + T + days)) ^ (r + x)),
    with the P(alive) of NBD, 1, when dropout is not identified. Null when there is no model.
#}
{% macro probability_of_no_order(history, model, days) -%}
case
    when {{ model }}.r is not null
        then 1e0 - coalesce({{ probability_alive(history, model) }}, 1e0) * (1e0 - exp(greatest(-700e0,
            ({{ model }}.r + {{ history }}.repeat_count) * (
                ln({{ model }}.alpha + {{ history }}.age_days / 7e0)
                - ln({{ model }}.alpha + ({{ history }}.age_days + {{ days }}) / 7e0)
            )
        )))
end
{%- endmacro %}

{#
    The net a customer's next order is expected to have: p (v + x m) / (p x + q - 1), m the mean of the x repeat purchases
    (Gamma-Gamma; Fader & Hardie 2013, eq. 5); without p the mean of everybody's purchases. `spend` names a row of
    int_spend_models_chosen.
#}
{% macro expected_order_value(history, spend) -%}
coalesce(
    {{ spend }}.p * ({{ spend }}.v + {{ history }}.repeat_count * coalesce({{ history }}.mean_repeat_amount, 0))
    / ({{ spend }}.p * {{ history }}.repeat_count + {{ spend }}.q - 1e0),
    {{ spend }}.mean_purchase_amount
)
{%- endmacro %}

{# (exp(y) - 1) / y, by its series where the difference would lose digits; `y` is a column. #}
{% macro exp_ratio(y) -%}
case
    when abs({{ y }}) < 0.03125e0
        then 1e0 + {{ y }} / 2e0 * (1e0 + {{ y }} / 3e0 * (1e0 + {{ y }} / 4e0 * (1e0 + {{ y }} / 5e0
            * (1e0 + {{ y }} / 6e0 * (1e0 + {{ y }} / 7e0 * (1e0 + {{ y }} / 8e0))))))
    else (exp({{ y }}) - 1e0) / {{ y }}
end
{%- endmacro %}
