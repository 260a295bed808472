import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from audiences.errors import WorkError
from dashboards.languages import LANGUAGES, Language
from dashboards.publish import publish
from dashboards.site import build_site, page_name
from tests.dashboards.conftest import AS_OF, build
from tests.dashboards.shop import write_warehouse

MARKERS = ("marker-person-id", "marker.person@example.com", "+905550000000", "Markerfamily")


class Page(HTMLParser):
    """What a page's tables, headlines and attributes say."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.headlines: dict[str, str] = {}
        self.attributes: list[tuple[str, str, str]] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        self.attributes += [(tag, name, value) for name, value in attributes.items()]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1].append("")
        if tag not in ("meta", "link", "img"):
            self._open.append((tag, attributes))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        tags = [tag for tag, _ in self._open]
        if "table" in tags and {"th", "td"} & set(tags) and tags[-1] in ("th", "td"):
            self.tables[-1][-1][-1] += data
        elif tags and (key := self._open[-1][1].get("data-headline")):
            self.headlines[key] = data


def query(site: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(site.parent / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(params=LANGUAGES)
def language(request) -> Language:
    return Language(request.param)


def test_stage_figures_equal_sql(site, language):
    page = Page(site / page_name(language.code))
    header, *rows = page.tables[0]
    stages = {word: stage for stage, word in language.words["stages"].items()}
    counted = {
        (language.month(month), stage): customers
        for month, stage, customers in query(
            site,
            "select period_start, lifecycle_stage, customers from lifecycle.rpt_stage_mix "
            "where segment_kind = 'all'",
        )
    }
    assert len(rows) * (len(header) - 1) == len(counted)
    for month, *cells in rows:
        for name, cell in zip(header[1:], cells, strict=True):
            customers = counted[(month, stages[name])]
            assert cell == ("<10" if 0 < customers < 10 else language.number(customers))


def test_growth_figures_equal_sql(site, language):
    rows = Page(site / page_name(language.code)).tables[1][1:]
    found = query(
        site,
        "select period_start, active_customers, new_customers, retained_customers, "
        "resurrected_customers, churned_customers, quick_ratio "
        "from lifecycle.rpt_growth_accounting where segment_kind = 'all' order by 1 desc",
    )
    assert rows == [
        [
            language.month(month),
            *(language.value(count, "integer") for count in counts),
            language.value(ratio, "decimal"),
        ]
        for month, *counts, ratio in found
    ]


def test_nps_figures_equal_sql(site, language):
    rows = Page(site / page_name(language.code)).tables[2][1:]
    found = query(
        site,
        "select period_start, nps, nps_low, nps_high, responses, promoters, passives, detractors "
        "from feedback.rpt_nps where segment_kind = 'all' order by 1 desc",
    )
    assert rows == [
        [language.month(month), *(language.value(value, "score") for value in values)]
        for month, *values in found
    ]


def test_retention_figures_equal_sql(site, language):
    rows = Page(site / page_name(language.code)).tables[3][1:]
    cells = {
        (row[0], number): cell for row in rows for number, cell in enumerate(row[2:]) if cell != ""
    }
    found = query(
        site,
        "select cohort_start, period_number, retention_rate from lifecycle.rpt_cohort_retention "
        "where segment_kind = 'all'",
    )
    assert cells == {
        (language.month(cohort), number): "…" if rate is None else language.percent(rate, 0)
        for cohort, number, rate in found
    }


def test_headlines_equal_sql(site):
    headlines = Page(site / "index.html").headlines
    [(customers, ratio, score)] = query(
        site,
        """
        select
            (select sum(customers) from lifecycle.rpt_stage_mix
                where segment_kind = 'all' and period_start = date '2026-03-01'),
            (select quick_ratio from lifecycle.rpt_growth_accounting
                where segment_kind = 'all' and period_start = date '2026-02-01'),
            (select nps from feedback.rpt_nps
                where segment_kind = 'all' and period_start = date '2026-02-01')
        """,
    )
    english = Language("en")
    assert headlines["stage_mix"] == english.number(customers)
    assert headlines["growth_accounting"] == english.value(ratio, "decimal")
    assert headlines["nps"] == english.value(score, "score")


def test_months_that_are_not_over_are_marked(site, language):
    text = (site / page_name(language.code)).read_text()
    assert language.words["incomplete_note"] in text
    assert text.count('<tr class="unfinished">') == 3  # one in each monthly table
    final = language.words["cards"]["cohort_retention"]["final_on"]
    assert final.format(day=language.day(date(2026, 4, 1))) in text


def test_the_page_says_how_fresh_it_is_and_how_each_metric_is_computed(site, language):
    text = (site / page_name(language.code)).read_text()
    assert language.words["data_through"].format(day=language.day(AS_OF)) in text
    assert text.count(language.words["how"]) == 4
    assert "<code>feedback.rpt_nps.nps_low</code>" in text


def test_no_answers_are_said_in_words(site_without_answers, language):
    page = (site_without_answers / page_name(language.code)).read_text()
    assert language.words["cards"]["nps"]["empty"] in page
    assert 'data-chart="nps"' not in page
    assert 'data-chart="growth_accounting"' in page


def test_an_empty_warehouse_gives_a_page_of_words(tmp_path):
    warehouse = write_warehouse(tmp_path / "warehouse.duckdb", with_nps=False)
    with duckdb.connect(str(warehouse)) as connection:
        for mart in ("stage_mix", "growth_accounting", "cohort_retention"):
            connection.execute(f"delete from lifecycle.rpt_{mart}")
    publish(warehouse, tmp_path / "site", AS_OF)
    page = build_site(tmp_path / "site").read_text()
    assert page.count('class="empty"') == 4
    assert "data-chart=" not in page


def test_a_tiny_shop_shows_no_small_group(tmp_path):
    page = (build(tmp_path, customers=0.01) / "index.html").read_text()
    assert Language("en").words["withheld_all"] in page


def test_a_long_history_is_cut_to_the_newest_months_and_says_so(tmp_path):
    warehouse = write_warehouse(tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into lifecycle.rpt_growth_accounting "
            "select * replace ((period_start - to_months(24))::date as period_start, true as is_complete) "
            "from lifecycle.rpt_growth_accounting"
        )
    publish(warehouse, tmp_path / "site", AS_OF)
    page = build_site(tmp_path / "site")
    assert len(Page(page).tables[1][1:]) == 36
    assert "Latest 36 months shown." in page.read_text()


def test_a_month_without_rows_keeps_its_place_on_the_axis(tmp_path):
    warehouse = write_warehouse(tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from feedback.rpt_nps where period_start = '2025-06-01'")
    publish(warehouse, tmp_path / "site", AS_OF)
    build_site(tmp_path / "site")
    [data] = (tmp_path / "site/data").glob("index.en.*")
    chart = json.loads(data.read_text().split("=", 1)[1].rstrip(" ;\n"))["charts"]["nps"]
    axis = chart["layer"][1]["encoding"]["x"]
    assert "2025-06" in axis["scale"]["domain"]


def test_building_again_gives_the_same_bytes(tmp_path, site):
    other = build(tmp_path)
    files = sorted(path.relative_to(site) for path in site.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
    for file in files:
        assert (site / file).read_bytes() == (other / file).read_bytes(), file


def test_a_build_keeps_the_files_of_the_build_before_and_drops_older_ones(tmp_path):
    data: list[str] = []
    for size in (1, 2, 3):
        build(tmp_path / str(size), customers=size)
        publish(tmp_path / str(size) / "warehouse.duckdb", tmp_path / "site", AS_OF)
        page = build_site(tmp_path / "site").read_text()
        data += re.findall(r"data/index\.en\.\w+\.js", page)
    kept = {f"data/{path.name}" for path in (tmp_path / "site/data").glob("index.en.*")}
    assert kept == set(data[1:])


def test_nothing_published_is_said_in_words(tmp_path):
    with pytest.raises(WorkError, match="nothing is published yet"):
        build_site(tmp_path)


def test_pages_ask_no_other_host_and_run_no_inline_code(site):
    for code in LANGUAGES:
        path = site / page_name(code)
        for tag, name, value in Page(path).attributes:
            assert not re.match(r"(?i)\s*(https?:)?//", value), (tag, name, value)
            assert name != "style"
            assert not name.startswith("on")
            if name in ("src", "href") and not value.startswith("#"):
                assert (site / value).is_file(), value
        assert not re.search(r"<script(?![^>]* src=)|<style", path.read_text())
    own = [*site.glob("assets/site.*"), *site.glob("assets/theme.*"), *site.glob("data/*.js")]
    for file in own:
        text = file.read_text().replace("https://vega.github.io/schema/vega-lite/", "")
        assert "://" not in text, file
        assert "url(" not in text, file


def test_no_person_is_anywhere_in_the_site(tmp_path):
    warehouse = write_warehouse(tmp_path / "warehouse.duckdb")
    person, email, phone, name = MARKERS
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema activation")
        connection.execute(
            "create table activation.customer_traits as select ? as customer_id, ? as email, "
            "? as phone, ? as last_name",
            [person, email, phone, name],
        )
        for mart in ("lifecycle.rpt_stage_mix", "feedback.rpt_nps"):
            connection.execute(f"alter table {mart} add column customer_id varchar")
            connection.execute(f"update {mart} set customer_id = ?", [person])
    publish(warehouse, tmp_path / "site", AS_OF)
    build_site(tmp_path / "site")
    files = [path for path in (tmp_path / "site").rglob("*") if path.is_file()]
    assert len(files) > 10
    for file in files:
        if file.suffix == ".parquet":
            with duckdb.connect() as connection:
                content = str(connection.read_parquet(str(file)).to_arrow_table().to_pydict())
        else:
            content = file.read_text()
        for marker in (*MARKERS, "customer_id"):
            assert marker not in content, file
        if not file.name.startswith("vega."):
            assert not re.search(r"[\w.+-]+@[\w-]+\.\w+", content), file


def test_cell_text_has_contrast_on_every_shade(site):
    [sheet] = site.glob("assets/site.*.css")
    css = sheet.read_text()
    declared = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", css)
    variables = {name: (light, dark) for name, light, dark in declared}
    for level in range(8):
        [ink] = re.findall(rf"\.heat-{level} {{ [^}}]*; color: ([^;]+);", css)
        for theme in (0, 1):
            text = variables[ink[6:-1]][theme] if ink.startswith("var(") else ink
            assert contrast(text, variables[f"heat-{level}"][theme]) >= 4.5, (level, theme)
    for theme in (0, 1):
        for back in ("surface", "page", "grid"):
            for ink in ("ink", "muted"):
                assert contrast(variables[ink][theme], variables[back][theme]) >= 4.5, (ink, back)
        assert contrast(variables["accent"][theme], variables["surface"][theme]) >= 4.5


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, as WCAG 2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_page_is_light(site):
    sizes = json.loads((site / "site.json").read_text())["files"]
    figures = {name: size for name, size in sizes.items() if not name.startswith("assets/vega.")}
    assert sum(size for name, size in figures.items() if ".tr." not in name) < 300_000
