"""The cards with one value a month: stages, growth accounting, NPS. Pure."""

from collections.abc import Callable
from datetime import date
from typing import Any

from dashboards import charts
from dashboards.cards import Card, Cell, Context, Headline, Table, TableRow
from dashboards.published import Row

# From the top of the stack down: those we lose, those we are winning, those we keep.
STAGES = (
    "aware",
    "churned",
    "at_risk",
    "acquired",
    "onboarding",
    "reactivated",
    "active",
    "retained",
    "advocate",
)
MONTHS = 36  # newest months shown
GROWTH = ("new_customers", "resurrected_customers", "churned_customers")


def stage_mix(context: Context, rows: list[Row]) -> Card:
    """How many customers stood in which stage at the end of each month."""
    rows, cut = _recent(context, rows)
    if empty := context.empty(rows):
        return empty
    language, names = context.language, context.language.words["stages"]
    seen = {row["lifecycle_stage"] for row in rows if row["customers"] != 0}
    used = [stage for stage in STAGES if stage in seen]
    points = [
        _point(context, row, "customers_in_stage")
        | {"series": row["lifecycle_stage"], "name": names[row["lifecycle_stage"]]}
        for row in rows
        if row["customers"]
    ]
    months = sorted({row["period_start"] for row in rows})
    latest = [row for row in rows if row["period_start"] == months[-1]]
    total = sum(row["customers"] or 0 for row in latest)
    at_least = "≥ " if any(row["is_withheld"] for row in latest) else ""
    return Card(
        context.mart,
        context.words,
        context.metrics,
        Headline(
            context.words["headline"],
            at_least + language.number(total),
            context.words["headline_note"].format(day=language.day(latest[0]["measured_on"])),
        ),
        table=_stage_table(context, rows, months, used),
        chart=charts.stage_mix(points, used, _axis(rows), _labels(context)),
        legend=[(f"stage-{stage}", names[stage]) for stage in used],
        notes=context.notes(rows, *cut),
    )


def _stage_table(context: Context, rows: list[Row], months: list[date], used: list[str]) -> Table:
    words = context.language.words
    by_cell = {(row["period_start"], row["lifecycle_stage"]): row for row in rows}
    table_rows = []
    for month in reversed(months):
        found = [by_cell.get((month, stage)) for stage in used]
        cells = [context.cell(row, "customers_in_stage") if row else Cell("0") for row in found]
        mark = next(context.mark(row) for row in found if row)
        table_rows.append(TableRow(context.language.month(month), cells, mark))
    columns = [words["stages"][stage] for stage in used]
    return Table(context.words["chart"], words["month"], columns, table_rows)


def growth_accounting(context: Context, rows: list[Row]) -> Card:
    """What each month added to the active base and what it lost."""
    rows, cut = _recent(context, rows)
    if empty := context.empty(rows):
        return empty
    points = [
        _point(context, row, part, below=part == "churned_customers")
        | {"series": part, "name": context.name(part)}
        for row in rows
        for part in GROWTH
        if row[part] is not None
    ]
    return Card(
        context.mart,
        context.words,
        context.metrics,
        _latest(context, rows, "quick_ratio", _growth_note(context)),
        table=_month_table(context, rows, [metric.key for metric in context.metrics]),
        chart=charts.growth_accounting(points, _axis(rows), _labels(context)),
        legend=[(part.replace("_", "-"), context.name(part)) for part in GROWTH],
        notes=context.notes(rows, *cut),
    )


def _growth_note(context: Context) -> Callable[[Row], str]:
    def note(row: Row) -> str:
        month = context.language.month(row["period_start"])
        return str(context.words["headline_note"].format(month=month))

    return note


def nps(context: Context, rows: list[Row]) -> Card:
    """The Net Promoter Score with its interval."""
    rows, cut = _recent(context, rows)
    if empty := context.empty(rows):
        return empty
    words = context.words
    shown = [row for row in rows if row["nps"] is not None]
    points = [
        _point(context, row, "nps")
        | {
            "low": row["nps_low"],
            "high": row["nps_high"],
            "solid": row["has_enough_answers"] and row["is_complete"],
            "interval": _interval(context, row),
            "answers": context.text(row, "nps_responses"),
        }
        for row in shown
    ]
    hollow = [] if all(point["solid"] for point in points) else [words["hollow"]]
    return Card(
        context.mart,
        words,
        context.metrics,
        _latest(
            context, [row for row in rows if row["has_enough_answers"]], "nps", _nps_note(context)
        ),
        table=_month_table(context, rows, [metric.key for metric in context.metrics]),
        chart=charts.nps(points, _axis(rows), _labels(context)),
        legend=[("nps-score", words["headline"]), ("nps-interval", words["interval"])],
        notes=context.notes(rows, *hollow, *cut),
    )


def _interval(context: Context, row: Row) -> str:
    low, high = context.text(row, "nps_low"), context.text(row, "nps_high")
    return str(context.words["interval_text"].format(low=low, high=high))


def _nps_note(context: Context) -> Callable[[Row], str]:
    def note(row: Row) -> str:
        return str(
            context.words["headline_note"].format(
                low=context.text(row, "nps_low"),
                high=context.text(row, "nps_high"),
                answers=context.text(row, "nps_responses"),
                month=context.language.month(row["period_start"]),
            )
        )

    return note


def _latest(context: Context, rows: list[Row], metric: str, note: Callable[[Row], str]) -> Headline:
    """The newest complete month that has the figure."""
    column = context.registry.by_key[metric].column
    known = [row for row in rows if row["is_complete"] and row[column] is not None]
    if not known:
        return Headline(context.words["headline"], context.language.words["no_figure"])
    row = max(known, key=lambda row: row["period_start"])
    return Headline(context.words["headline"], context.text(row, metric), note(row))


def _point(context: Context, row: Row, metric: str, below: bool = False) -> dict[str, Any]:
    month = context.language.month(row["period_start"])
    unfinished = f" ({context.language.words['incomplete']})"
    value = row[context.registry.by_key[metric].column]
    return {
        "month": row["period_start"].isoformat()[:7],
        "month_text": month if row["is_complete"] else month + unfinished,
        "complete": row["is_complete"],
        "value": -value if below else value,
        "text": context.text(row, metric),
    }


def _month_table(context: Context, rows: list[Row], metrics: list[str]) -> Table:
    newest_first = sorted(rows, key=lambda row: row["period_start"], reverse=True)
    return Table(
        context.words["chart"],
        context.language.words["month"],
        [context.name(metric) for metric in metrics],
        [
            TableRow(
                context.language.month(row["period_start"]),
                [context.cell(row, metric) for metric in metrics],
                context.mark(row),
            )
            for row in newest_first
        ],
    )


def _axis(rows: list[Row]) -> charts.Axis:
    """Every month from the first to the last, also those without a row."""
    numbers = [row["period_start"].year * 12 + row["period_start"].month - 1 for row in rows]
    months = [f"{n // 12}-{n % 12 + 1:02}" for n in range(min(numbers), max(numbers) + 1)]
    unfinished = [row["period_start"] for row in rows if not row["is_complete"]]
    return charts.Axis(months, unfinished[0].isoformat()[:7] if unfinished else "")


def _recent(context: Context, rows: list[Row]) -> tuple[list[Row], list[str]]:
    """The rows of the newest months, and a note when that is not all of them."""
    months = sorted({row["period_start"] for row in rows})
    if len(months) <= MONTHS:
        return rows, []
    newest = set(months[-MONTHS:])
    note = context.language.words["latest_months"].format(count=MONTHS)
    return [row for row in rows if row["period_start"] in newest], [note]


def _labels(context: Context) -> charts.Labels:
    words = context.language.words
    return charts.Labels(
        description=context.words["chart"],
        month=words["month"],
        stage=words["stage"],
        change=words["change"],
        customers=words["units"]["customers"].capitalize(),
        answers=context.registry.by_key["nps_responses"].name.of(context.language.code),
        interval=words["cards"]["nps"]["interval"],
        score=words["cards"]["nps"]["headline"],
    )
