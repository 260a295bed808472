"""Builds the pages. Reads only what `publish` wrote; the same version gives the same bytes.

Scripts, styles and data have their content's hash in their names and are written first; then each
page is replaced by one rename. So a reader has the old page with its files or the new page with its
own, never a mixture. Files of the build before stay for one more build, for readers who are just
loading them.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from dashboards import monthly
from dashboards.cards import Card, Context
from dashboards.heatmap import cohort_retention
from dashboards.languages import LANGUAGES, Language
from dashboards.published import Published, Row, read_current
from dashboards.registry import Registry, load_registry

HERE = Path(__file__).parent
LIBRARIES = (
    "/*! Vega, Vega-Lite, Vega-Embed, vega-tooltip, vega-interpreter: BSD-3-Clause, "
    "University of Washington Interactive Data Lab. d3: ISC, Mike Bostock. "
    "Bundled by vl-convert: BSD-3-Clause. */\n"
)
OTHER_LANGUAGES = re.compile(rf"index\.({'|'.join(LANGUAGES[1:])})\.")
CARDS: dict[str, tuple[Callable[[Context, list[Row]], Card], dict[str, str]]] = {
    "stage_mix": (monthly.stage_mix, {}),
    "growth_accounting": (monthly.growth_accounting, {"period_kind": "month"}),
    "nps": (monthly.nps, {}),
    "cohort_retention": (cohort_retention, {"cohort_kind": "first_purchase_month"}),
}


@dataclass
class Files:
    """The files of one build: content by path within the site."""

    contents: dict[str, bytes] = field(default_factory=dict)

    def add(self, name: str, content: bytes) -> str:
        """Add a file under a name that carries its content's hash, and return that name."""
        path = Path(name)
        digest = hashlib.sha256(content).hexdigest()[:10]
        hashed = str(path.with_name(f"{path.stem}.{digest}{path.suffix}"))
        self.contents[hashed] = content
        return hashed


def build_site(site_dir: Path) -> Path:
    """Build every page from the current published version.

    Args:
        site_dir: Folder of the built dashboards.

    Returns:
        The page to open.

    Raises:
        WorkError: Nothing has been published there.
    """
    published, registry, files = read_current(site_dir), load_registry(), Files()
    assets = {
        "css": files.add("assets/site.css", (HERE / "assets/site.css").read_bytes()),
        "icon": files.add("assets/icon.svg", (HERE / "assets/icon.svg").read_bytes()),
        "theme": files.add("assets/theme.js", (HERE / "assets/theme.js").read_bytes()),
        "site": files.add("assets/site.js", (HERE / "assets/site.js").read_bytes()),
        "vega": files.add("assets/vega.js", _chart_library()),
    }
    pages = {
        page_name(code): _page(Language(code), published, registry, files, assets)
        for code in LANGUAGES
    }
    _write(site_dir, files.contents, pages, published)
    return site_dir / page_name(LANGUAGES[0])


def page_weight(site_dir: Path) -> tuple[float, float]:
    """Kilobytes of the default page with all it loads, and of the chart library alone."""
    sizes = json.loads((site_dir / "site.json").read_text())["files"]
    library = sum(size for name, size in sizes.items() if name.startswith("assets/vega."))
    other = sum(size for name, size in sizes.items() if not OTHER_LANGUAGES.search(name))
    return (other - library) / 1000, library / 1000


def page_name(language: str) -> str:
    """File name of the page in a language; the first language has the plain name."""
    return "index.html" if language == LANGUAGES[0] else f"index.{language}.html"


def _page(
    language: Language,
    published: Published,
    registry: Registry,
    files: Files,
    assets: dict[str, str],
) -> bytes:
    built = [
        build(Context(registry, language, mart), published.everyone(mart, **keys))
        for mart, (build, keys) in CARDS.items()
    ]
    charts = {card.key: card.chart for card in built if card.chart}
    data = {"locale": language.chart_locale(), "charts": charts}
    text = json.dumps(data, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    name = files.add(f"data/index.{language.code}.js", f"window.perennial = {text};\n".encode())
    languages = [(code, page_name(code), Language(code).words["language"]) for code in LANGUAGES]
    return (
        _templates()
        .get_template("page.html.j2")
        .render(
            lang=language,
            words=language.words,
            cards=built,
            registry=registry,
            as_of=published.as_of,
            languages=languages,
            assets=assets | {"data": name},
        )
        .encode()
    )


def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _chart_library() -> bytes:
    """The chart library out of the installed vl-convert package, as a classic script."""
    import vl_convert  # noqa: PLC0415  (90 MB: only a build needs it)

    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return f"{LIBRARIES}(() => {{\n{bundle}\n}})();\n".encode()


def _write(
    site_dir: Path, files: dict[str, bytes], pages: dict[str, bytes], source: Published
) -> None:
    before = _listed(site_dir)
    for name, content in (files | pages).items():
        _replace(site_dir / name, content)
    manifest: dict[str, Any] = {
        "as_of": source.as_of.isoformat(),
        "published": source.folder.name,
        "files": {name: len(content) for name, content in sorted((files | pages).items())},
    }
    _replace(site_dir / "site.json", (json.dumps(manifest, indent=2) + "\n").encode())
    for folder in ("assets", "data"):
        for path in (site_dir / folder).iterdir():
            if f"{folder}/{path.name}" not in before | set(files):
                path.unlink()


def _listed(site_dir: Path) -> set[str]:
    manifest = site_dir / "site.json"
    return set(json.loads(manifest.read_text())["files"]) if manifest.is_file() else set()


def _replace(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    unfinished.write_bytes(content)
    os.replace(unfinished, target)
