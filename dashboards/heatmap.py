"""The cohort heatmap: a table with shaded cells, to be read aloud, copied and printed. Pure."""

from datetime import date

from dashboards.cards import Card, Cell, Context, Headline, Table, TableRow
from dashboards.published import Row

COHORTS = 25  # newest cohorts shown: two years and the month they began in
LEVELS = 8  # shades; site.css has one class each


def cohort_retention(context: Context, rows: list[Row]) -> Card:
    """Share of each month's first-time buyers who were active again later."""
    if empty := context.empty(rows):
        return empty
    cohorts = sorted({row["cohort_start"] for row in rows})
    rows = [row for row in rows if row["cohort_start"] in cohorts[-COHORTS:]]
    words = context.words
    notes = context.notes([row for row in rows if row["is_withheld"]])
    if len(cohorts) > COHORTS:
        notes.append(words["latest"].format(count=COHORTS))
    top = _top(rows)
    return Card(
        context.mart,
        words,
        context.metrics,
        _headline(context, rows),
        table=_table(context, rows, top),
        notes=notes,
        scale=[context.language.percent(share, 0) for share in (0, top)],
    )


def _top(rows: list[Row]) -> float:
    """The highest later retention; the month of the first order would drown all others."""
    later = [row["retention_rate"] for row in rows if row["period_number"] > 0]
    return max((rate for rate in later if rate is not None), default=0.0) or 1.0


def _headline(context: Context, rows: list[Row]) -> Headline:
    known = [row for row in rows if row["period_number"] == 1 and row["retention_rate"] is not None]
    if not known:
        return Headline(context.words["headline"], context.language.words["no_figure"])
    row = max(known, key=lambda row: row["cohort_start"])
    note = context.words["headline_note"].format(
        size=context.text(row, "cohort_size"), month=context.language.month(row["cohort_start"])
    )
    return Headline(context.words["headline"], context.text(row, "retention_rate"), note)


def _table(context: Context, rows: list[Row], top: float) -> Table:
    by_cell = {(row["cohort_start"], row["period_number"]): row for row in rows}
    periods = range(max(row["period_number"] for row in rows) + 1)
    table_rows = []
    for cohort in sorted({row["cohort_start"] for row in rows}):
        found = [by_cell.get((cohort, period)) for period in periods]
        first = next(row for row in found if row)
        size = context.cell(first, "cohort_size")
        cells = [_cell(context, row, top) if row else Cell("", "blank") for row in found]
        table_rows.append(TableRow(context.language.month(cohort), [size, *cells]))
    columns = [context.words["size"], *(str(period) for period in periods)]
    return Table(context.words["caption"], context.words["cohort"], columns, table_rows)


def _cell(context: Context, row: Row, top: float) -> Cell:
    if row["is_withheld"]:
        return Cell(context.withheld, "withheld")
    rate = row["retention_rate"]
    if rate is None or not row["is_complete"]:
        final = context.language.day(_month_after(row["cohort_start"], row["period_number"]))
        return Cell("…", "open", context.words["final_on"].format(day=final))
    if row["period_number"] == 0:
        return Cell(context.language.percent(rate, 0), "base")
    level = min(LEVELS - 1, int(rate / top * LEVELS))
    return Cell(context.language.percent(rate, 0), f"heat-{level}")


def _month_after(cohort: date, period: int) -> date:
    """First day after the cohort's period: the day its figures become final."""
    months = cohort.year * 12 + cohort.month + period
    return date(months // 12, months % 12 + 1, 1)
