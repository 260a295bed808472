"""Charts, declared with Altair. Colours are CSS variables, so one chart serves every theme.

Pure: points in, Vega-Lite out. A point's `text` is already written in the page's language;
nothing is computed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

Point = dict[str, Any]
Spec = dict[str, Any]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
HEIGHT = 300
FADED = 0.45  # months that are not over
# As many month labels as fit, counted from the newest month back, which is always labelled.
MONTH_LABEL = """
(COUNT - 1 - round(datum.index * (COUNT - 1))) % max(1, ceil(46 * COUNT / width)) == 0
? [utcFormat(toDate(datum.value + '-01'), '%b') + (datum.value == 'OPEN' ? '*' : ''),
   utcFormat(toDate(datum.value + '-01'), '%Y')]
: ''
"""


@dataclass(frozen=True)
class Axis:
    """What the months' axis shows: every month, as YYYY-MM, and the one that is not over."""

    months: Sequence[str]
    unfinished: str


@dataclass(frozen=True)
class Labels:
    """Words of axes and tooltips, and a description of the whole chart."""

    description: str
    month: str
    stage: str
    change: str
    customers: str
    answers: str
    interval: str
    score: str


def stage_mix(points: list[Point], stages: Sequence[str], axis: Axis, labels: Labels) -> Spec:
    """Stacked columns: customers by stage."""
    order = {stage: rank for rank, stage in enumerate(reversed(stages))}
    ranked = [point | {"rank": order[point["series"]]} for point in points]
    bars = _chart(ranked).mark_bar(stroke="var(--surface)", strokeWidth=0.75)
    return _spec(
        bars.encode(
            x=_months(axis),
            y=alt.Y(
                "value:Q",
                stack="zero",
                axis=_values(labels.customers, "format(abs(datum.value), ',d')"),
            ),
            color=_colours(stages, "stage-"),
            order=alt.Order("rank:Q"),
            opacity=_faded(),
            tooltip=[
                alt.Tooltip("month_text:N", title=labels.month),
                alt.Tooltip("name:N", title=labels.stage),
                alt.Tooltip("text:N", title=labels.customers),
            ],
        ),
        labels.description,
    )


def growth_accounting(points: list[Point], axis: Axis, labels: Labels) -> Spec:
    """Columns: new and resurrected above zero, churned below."""
    series = ("new_customers", "resurrected_customers", "churned_customers")
    ranked = [point | {"rank": series.index(point["series"])} for point in points]
    bars = _chart(ranked).mark_bar(stroke="var(--surface)", strokeWidth=0.75)
    return _spec(
        bars.encode(
            x=_months(axis),
            y=alt.Y(
                "value:Q",
                stack="zero",
                axis=_values(labels.customers, "format(abs(datum.value), ',d')"),
            ),
            color=_colours(series, ""),
            order=alt.Order("rank:Q"),
            opacity=_faded(),
            tooltip=[
                alt.Tooltip("month_text:N", title=labels.month),
                alt.Tooltip("name:N", title=labels.change),
                alt.Tooltip("text:N", title=labels.customers),
            ],
        )
        + _zero(),
        labels.description,
    )


def nps(points: list[Point], axis: Axis, labels: Labels) -> Spec:
    """Points with their interval; hollow where the point should not be read alone."""
    tooltip = [
        alt.Tooltip("month_text:N", title=labels.month),
        alt.Tooltip("text:N", title=labels.score),
        alt.Tooltip("interval:N", title=labels.interval),
        alt.Tooltip("answers:N", title=labels.answers),
    ]
    base = _chart(points).encode(x=_months(axis), tooltip=tooltip)
    scores = _values(labels.score, "format(datum.value, 'd')")
    interval = base.mark_rule(strokeWidth=7, strokeCap="round", stroke="var(--interval)").encode(
        y=alt.Y("low:Q", axis=scores), y2=alt.Y2("high:Q")
    )
    score = base.mark_point(size=64, filled=True, strokeWidth=2, opacity=1).encode(
        y=alt.Y("value:Q", axis=scores),
        stroke=alt.value("var(--accent)"),
        fill=alt.condition("datum.solid", alt.value("var(--accent)"), alt.value("var(--surface)")),
    )
    return _spec(_zero() + interval + score, labels.description)


def _chart(points: list[Point]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=points))


def _months(axis: Axis) -> alt.X:
    label = MONTH_LABEL.replace("COUNT", str(len(axis.months))).replace("OPEN", axis.unfinished)
    drawn = alt.Axis(
        title=None,
        labelAngle=0,
        labelOverlap=False,
        labelExpr=" ".join(label.split()),
        labelLineHeight=14,
        ticks=False,
        grid=False,
        domainColor="var(--line)",
    )
    scale = alt.Scale(domain=list(axis.months), paddingInner=0.22, paddingOuter=0.1)
    return alt.X("month:O", sort=None, axis=drawn, scale=scale)


def _values(title: str, label: str) -> alt.Axis:
    return alt.Axis(
        title=title,
        titleAngle=0,
        titleAlign="left",
        titleAnchor="end",
        titleX=0,
        titleY=-12,
        labelExpr=label,
        tickCount=5,
        tickMinStep=1,
        ticks=False,
        domain=False,
    )


def _colours(series: Sequence[str], prefix: str) -> alt.Color:
    colours = [f"var(--{prefix}{name.replace('_', '-')})" for name in series]
    return alt.Color("series:N", legend=None, scale=alt.Scale(domain=list(series), range=colours))


def _faded() -> Any:
    return alt.condition("datum.complete", alt.value(1), alt.value(FADED))


def _zero() -> alt.Chart:
    rule: alt.Chart = _chart([{}]).mark_rule(stroke="var(--ink)", strokeWidth=1)
    return rule.encode(y=alt.YDatum(0))


def _spec(chart: alt.Chart | alt.LayerChart, description: str) -> Spec:
    axis = {
        "labelColor": "var(--muted)",
        "labelFontSize": 12,
        "titleColor": "var(--muted)",
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": "var(--grid)",
        "labelPadding": 6,
    }
    with alt.theme.enable("none"):
        spec: Spec = (
            chart.properties(width="container", height=HEIGHT, background="transparent")
            .configure(
                font=FONT, aria=False, padding={"left": 0, "right": 4, "top": 24, "bottom": 0}
            )
            .configure_axis(**axis)
            .configure_view(stroke=None)
            .to_dict()
        )
    return spec | {
        "autosize": {"type": "fit-x", "contains": "padding"},
        "description": description,
    }
