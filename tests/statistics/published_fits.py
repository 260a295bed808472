"""Published parameters of the purchase, spend and contract models."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from functools import cache
from itertools import pairwise

import duckdb

from tests.statistics.published import DATA, Anchor, build, fill, matched, one_row

CDNOW = DATA / "cdnow" / "CDNOW_sample.txt"

PURCHASE_MODELS = [
    "int_forecast_origins_listed",
    "int_purchase_histories_summed",
    "int_purchase_patterns_counted",
    "int_numbers_listed",
    "int_repeat_purchases_counted",
    "int_purchase_evidence_gathered",
    "int_purchase_models_listed",
    "int_nbd_models_fitted",
    "int_dropout_models_fitted",
    "int_purchase_models_fitted",
    "int_spend_evidence_gathered",
    "int_spend_models_fitted",
]


@cache
def cdnow() -> dict[str, dict[str, float]]:
    """Rows of the models fitted to the first 39 weeks of CDNOW, by the name of the model."""
    purchases: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in CDNOW.read_text().splitlines():
        _, customer, day, _, dollars = line.split()
        purchases[customer, f"{day[:4]}-{day[4:6]}-{day[6:]}"] += Decimal(dollars)
    rows = [(customer, day, None, dollars) for (customer, day), dollars in purchases.items()]
    columns = "customer_id varchar, purchased_on date, voided_on date, net_amount decimal(18, 4)"
    with closing(duckdb.connect()) as warehouse:
        fill(warehouse, "int_purchase_days_merged", columns, rows)
        build(warehouse, PURCHASE_MODELS, as_of="1997-09-30")
        found = {}
        for table in ("int_purchase_models_fitted", "int_spend_models_fitted"):
            result = warehouse.execute(f"from {table} where origin_on = date '1997-09-30'")
            names = [column[0] for column in result.description]
            for row in result.fetchall():
                fit = dict(zip(names, row, strict=True))
                found[fit.get("model", "gamma_gamma")] = fit
    return found


def parameters(
    model_name: str, published: dict[str, tuple[str, str | None]], likelihood: str
) -> list[Anchor]:
    """Anchors of one fitted model: each parameter with its standard error, and the log-likelihood."""
    fit = cdnow()[model_name]
    anchors = []
    for name, (value, error) in published.items():
        anchors.append(Anchor(name, value, fit[name]))
        if error:
            anchors.append(Anchor(f"standard error of {name}", error, fit[f"{name}_error"]))
    return [*anchors, Anchor("log-likelihood", likelihood, fit["log_likelihood"])]


def bgnbd() -> list[Anchor]:
    """BG/NBD on CDNOW."""
    published = {
        "r": (".243", ".01256"),
        "alpha": ("4.414", ".3782"),
        "a": (".793", ".1857"),
        "b": ("2.426", ".7054"),
    }
    return parameters("bgnbd", published, "-9582.4")


def mbgnbd() -> list[Anchor]:
    """MBG/NBD on CDNOW."""
    published = {
        "r": (".525", ".0833"),
        "alpha": ("6.183", ".6956"),
        "a": (".891", ".1548"),
        "b": ("1.614", ".5375"),
    }
    return parameters("mbgnbd", published, "-9582.1")


def gamma_gamma() -> list[Anchor]:
    """Gamma-Gamma on CDNOW."""
    fit = cdnow()["gamma_gamma"]
    mean = fit["p"] * fit["v"] / (fit["q"] - 1)
    published = {"p": ("6.25", None), "q": ("3.74", None), "v": ("15.44", None)}
    return [
        *parameters("gamma_gamma", published, "-4055.92"),
        Anchor("mean of a purchase", "35.17", mean),
    ]


def contracts(survivors: Sequence[int], published: dict[str, str], likelihood: str) -> list[Anchor]:
    """Anchors of sBG fitted to how many of 1,000 subscribers were left after each year."""
    rows = [
        (year, left, before - left)
        for year, (before, left) in enumerate(pairwise(survivors), start=1)
    ]
    columns = "month_number bigint, kept_subscriptions bigint, lost_subscriptions bigint"
    with closing(duckdb.connect()) as warehouse:
        fill(warehouse, "int_contract_tenures_counted", columns, rows)
        warehouse.execute("create table stg_shop__subscriptions (started_at timestamp)")
        build(warehouse, ["int_contract_models_fitted"])
        fit = one_row(
            warehouse, "select alpha, beta, log_likelihood from int_contract_models_fitted"
        )
    return matched([*published, "log-likelihood"], [*published.values(), likelihood], fit)


def high_end() -> list[Anchor]:
    """Subscribers of the high-end segment."""
    survivors = [1000, 869, 743, 653, 593, 551, 517, 491]
    return contracts(survivors, {"alpha": ".668", "beta": "3.806"}, "-1611.2")


def regular() -> list[Anchor]:
    """Subscribers of the regular segment."""
    survivors = [1000, 631, 468, 382, 326, 289, 262, 241]
    return contracts(survivors, {"alpha": ".704", "beta": "1.182"}, "-1680.3")
