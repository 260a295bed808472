"""The built pages in a real browser, opened from disk."""

from collections.abc import Iterator

import pytest

from tests.dashboards.browser import CHROMIUM, Browser

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as one:
        yield one


@pytest.fixture(autouse=True)
def _forget(browser):
    browser.complaints.clear()
    browser.requests.clear()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("page", ["index.html", "index.tr.html"])
def test_charts_are_drawn_without_a_complaint(browser, site, page, width, theme):
    browser.open(site / page, width, theme=theme)
    marks = browser.evaluate(
        "[...document.querySelectorAll('[data-chart]')]"
        ".map(place => place.querySelectorAll('svg .mark-rect path, svg .mark-symbol path').length)"
    )
    assert browser.complaints == []
    assert len(marks) == 3
    assert min(marks) >= 24
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert all(url.startswith(("file:", "data:", "about:")) for url in browser.requests)


def test_chart_colours_follow_the_theme(browser, site):
    colours = []
    for theme in ("light", "dark"):
        browser.open(site / "index.html", 1366)
        browser.evaluate(f"document.querySelector('[data-set-theme={theme}]').click()")
        colours.append(
            browser.evaluate(
                "getComputedStyle(document.querySelector('#stage_mix .mark-rect path')).fill"
            )
        )
    assert colours[0] != colours[1]
    assert all(colour.startswith("rgb") for colour in colours)


def test_the_newest_month_is_always_labelled(browser, site):
    for width in (1366, 390):
        browser.open(site / "index.tr.html", width)
        labels = browser.evaluate(
            "[...document.querySelectorAll('#growth_accounting .role-axis-label text')]"
            ".map(label => label.textContent)"
        )
        assert any("Mar*" in label for label in labels), labels


def test_charts_speak_through_tooltips_in_the_page_language(browser, site):
    browser.open(site / "index.tr.html", 1366)
    browser.evaluate(
        "document.querySelector('#stage_mix .mark-rect path')"
        ".dispatchEvent(new PointerEvent('pointermove', {bubbles: true, clientX: 300, clientY: 300}))"
    )
    text = browser.evaluate("document.getElementById('vg-tooltip-element')?.textContent ?? ''")
    assert "Aşama" in text
    assert browser.complaints == []


def test_a_page_without_answers_draws_the_other_charts(browser, site_without_answers):
    browser.open(site_without_answers / "index.html", 1366)
    assert browser.complaints == []
    assert browser.evaluate("document.documentElement.dataset.drawn") == "2 of 2"
