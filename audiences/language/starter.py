"""The file `perennial audiences new` writes: valid as it stands, and a short lesson in the language."""

from pathlib import Path

from audiences.errors import InputError
from audiences.language.names import NAME_FORM, why_not_an_audience_name

STARTER = """\
# Who this is for, and what they should do next, in one or two sentences.
version: 1
audience: {name}
label: {{ en: "{title}" }}
owner: you@example.com
purpose: {purpose}          # what consent is asked for; the list is dbt_project/seeds/consent_purposes.csv
status: draft               # only checked; or active, paused (nobody moves), retired (everybody leaves)
evergreen: true             # or an end: expires_on: 2030-12-31

# Columns are those of activation.customer_traits. Combine conditions with all, any and not. A missing value does not
# match, also under not; say `if_null: match` where it should.
match:
  all:
    - {{ column: lifecycle_stage, in: [active, retained] }}
    - {{ column: order_count, gte: 2 }}
    # - not: {{ column: country, in: [US, CA] }}
    # - {{ column: days_since_last_order, between: [30, 90] }}
    # - {{ score: churn_risk, gte: 0.6 }}
    # - {{ event: order_completed, count: {{ gte: 3 }}, within: 365d }}
    # - {{ sql: "coalesce(refund_order_share, 0) < 0.5", reason: "serial refunders" }}   # what the rest cannot say

# People who match and are left out all the same; same language.
# exclude:
#   any:
#     - {{ column: latest_nps_score, lte: 6 }}
#     - {{ audiences: [churned_winback] }}   # who was in another audience the day before

contact:
  channels: [email]         # in order of preference; or `contact: none` for analysis and files only
  # consent: {{ unknown: deny }}   # who never decided is not contacted, also where the country would allow it
  # frequency:              # how often at most; scope: audience, program or all_marketing
  #   - {{ max: 1, per: 1d, kind: calendar, zone: recipient, scope: all_marketing }}
  # send_window:            # local time; left out: every day from 9 to 20
  #   days: [mon, tue, wed, thu, fri]
  #   local: {{ from: 09:00, to: 20:00 }}
  #   quiet_calendar: holidays_by_country

# Who may enter, and when. Nobody who is in is removed by it before `max_stay`.
# entry:
#   min_match: 2d           # the rule has held on two runs in a row
#   reentry_after: 90d      # days after leaving
#   max_stay: 30d
#   capacity: {{ max: 5000, order_by: [net_revenue_365d_amount desc] }}
# priority: {{ group: promo_slot, rank: 50 }}   # of a group a person is in one audience at a time, the lowest rank
# program: {{ name: welcome, step: 2, next_after: {{ step: 1, wait: 3d }} }}   # or a name alone

# Hold some people out to see what the audience is worth. The salt is yours alone: perennial audiences new-salt
# goal: {{ metric: order_conversion, window: 30d }}
# experiment:
#   key: {name}_test
#   phase: 1                # a change of arms, slots or salt needs the next phase
#   salt: ""
#   arms:
#     holdout: {{ slots: [0, 999], delivers: false }}
#     message: {{ slots: [1000, 9999] }}

# What members take along: a reviewed text (seed content_catalogue), an offer (seed offers), columns with a fallback.
# payload:
#   content: winback_offer
#   offer: WB15
#   columns:
#     first_name: {{ from: first_name, fallback: "" }}
#     product_1: {{ from: recommended_product_1_id, fallback: bestsellers }}
#     send_at: {{ from: send_at_utc }}

# Invented people and what should become of them: run `perennial audiences test {name}`.
# tests:
#   - name: a regular buyer
#     as_of: 2026-03-01
#     given: {{ lifecycle_stage: active, order_count: 3, consent: {{ email: granted }} }}
#     expect: {{ disposition: eligible }}
#   - name: who said no
#     given: {{ extends: a regular buyer, consent: {{ email: withdrawn }} }}
#     expect: {{ disposition: no_consent }}

# The gate holds the audience back outside of these; what is written here is the default.
# guardrails: {{ change: {{ max_growth: 0.5, max_shrink: 0.3, baseline: last }}, allow_empty: false }}
"""


def write_start(folder: Path, name: str, purpose: str) -> Path:
    """Write a new definition to begin with, and return its file.

    Raises:
        InputError: The name cannot be used, or the file exists.
    """
    if why_not := why_not_an_audience_name(name):
        raise InputError(f"audience '{name}' {why_not}", f"choose another name; {NAME_FORM}")
    title = name.replace("_", " ").capitalize()
    file = folder / f"{name}.yml"
    try:
        with file.open("x", encoding="utf-8") as handle:
            handle.write(STARTER.format(name=name, title=title, purpose=purpose))
    except FileExistsError:
        raise InputError(f"{file.name} exists already", "edit it, or choose another name") from None
    return file
