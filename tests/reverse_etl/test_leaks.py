"""No secret, no e-mail address and no name of a member is said anywhere, whatever a destination answers.

Every command, the Dagster asset and the alerts run over every destination with marked values, against servers that
say a whole request back in their refusals; then all that was printed, logged, told and kept is searched for the marks.
"""

import base64
import functools
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any
from urllib.parse import quote

import dagster as dg
import duckdb
import pytest
import yaml

from orchestration.assets.syncs import build_sync_asset
from orchestration.cli.main import run
from orchestration.run_settings import RunSettings
from reverse_etl.context import Retry, SyncContext
from reverse_etl.loader import load_sync
from reverse_etl.masking import Mask
from reverse_etl.simulators import SIMULATORS
from reverse_etl.simulators.base import Fault, Request
from tests.reverse_etl.conftest import AS_OF, SECRET, Shop
from tests.reverse_etl.counterparts import COUNTERPARTS, Counterpart
from tests.reverse_etl.listener import Listener, listening

MAIL, NAME, HUSH = "leakmail", "leakname", "leaksecret"
NAMES = (f'Çağ "{NAME}" O\'Brien', f"{NAME} back\\slash & Söhne", f"X {NAME}-Öz")
QUICK = ("webhook",)  # the others are left to the slow part
ALERT_TOKEN = f"{HUSH}alerts"
Echo = Callable[[str], bytes]


def _documents(text: str) -> bytes:
    """The refusal in the words of every vendor at once."""
    one = dict.fromkeys(("message", "detail", "reason", "title", "field", "msg", "email"), text)
    return json.dumps({**one, "error": text, "errors": [one], "params": {"a": text}}).encode()


def _nested(text: str) -> bytes:
    return json.dumps(
        {"error": {"message": text, "error_user_msg": text}, "errors": [text]}
    ).encode()


ECHOES: tuple[Echo, ...] = (str.encode, _documents, _nested)
STATUSES = (400, 401, 429, 200)


class Installation:
    """One sync to a counterpart, with all that is around it.

    Attributes:
        said: All that was printed, logged, told and kept so far.
    """

    def __init__(self, shop: Shop, counterpart: Counterpart, listener: Listener) -> None:
        self.shop, self.counterpart, self.listener = shop, counterpart, listener
        self.said = ""
        self._edition = 0
        self.syncs = shop.root / "syncs"
        self.syncs.mkdir()
        document = dict(counterpart.document)
        if document["connection"].get("path") == "out":
            document["connection"] = {**document["connection"], "path": str(shop.root / "out")}
        self.name = document["sync"]
        self.path = self.syncs / f"{self.name}.yml"
        self.path.write_text(yaml.safe_dump(document, sort_keys=False))

    def edit(self) -> None:
        """Give everybody another name and another entry, so that there is something to send."""
        self._edition += 1
        self.shop.people(
            [
                {
                    "customer_id": f"c{number}",
                    "email": f"{MAIL}{number}.x+y@example.com",
                    "first_name": f"{name}{self._edition}",
                    "entry_seq": self._edition,
                }
                for number, name in enumerate(NAMES)
            ]
        )

    def sync(self, *words: str) -> None:
        """Run a command, the traceback of its errors included."""
        run(["sync", *words, "--syncs", str(self.syncs)], debug=True)

    def report(self) -> None:
        for words in (("status",), ("log", self.name)):
            self.sync(*words)
            self.sync(*words, "--json")

    def materialize(self) -> None:
        """Run the asset as `dagster` does, with every event as the page of the run shows it."""
        result = dg.materialize(
            [build_sync_asset(load_sync(self.path))],
            resources={"run_settings": RunSettings(as_of=AS_OF.isoformat(), deliver=True)},
            raise_on_error=False,
        )
        for event in result.all_events:
            self.said += dg.serialize_value(event)
            if event.is_step_failure and event.step_failure_data.error:
                self.said += event.step_failure_data.error.to_string()

    def kept(self) -> str:
        """What lies in the state folder beside the ledgers."""
        found = [str(path) for path in (self.shop.root / "state").rglob("*")]
        with duckdb.connect() as connection:
            for path in found:
                if path.endswith(".parquet"):
                    found.append(str(connection.read_parquet(path).fetchall()))
        return "\n".join(found)


def _mark_secrets(counterpart: Counterpart) -> dict[str, str]:
    """The environment with secrets that can be found again; the simulator asks for them."""
    environment = dict(counterpart.environment)
    for number, (name, value) in enumerate(counterpart.environment.items()):
        for field in fields(counterpart.simulator) if counterpart.simulator else ():
            is_secret = getattr(counterpart.simulator, field.name) == value
            if is_secret and value != SECRET:
                environment[name] = f"{HUSH}/{number}-us1"
                setattr(counterpart.simulator, field.name, environment[name])
    return environment


@pytest.fixture(
    params=[
        pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in COUNTERPARTS
    ]
)
def installation(
    request: pytest.FixtureRequest, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    hasty = functools.partial(
        SyncContext, sleep=lambda _: None, retry=Retry(attempts=2, first_wait=0.001)
    )
    monkeypatch.setattr("orchestration.sync_context.SyncContext", hasty)
    with COUNTERPARTS[request.param](shop.root) as counterpart, listening() as listener:
        settings = {
            "PERENNIAL_WAREHOUSE": str(shop.path),
            "PERENNIAL_STATE_DIR": str(shop.root / "state"),
            "PERENNIAL_AS_OF": AS_OF.isoformat(),
            "PERENNIAL_ALERTS": f"{listener.address}/${{ALERT_TOKEN}}",
            "ALERT_TOKEN": ALERT_TOKEN,
        }
        for name, value in (settings | _mark_secrets(counterpart)).items():
            monkeypatch.setenv(name, value)
        yield Installation(shop, counterpart, listener)


_SMTP = {400: 554, 401: 530, 429: 451, 200: 250}


def _answer(counterpart: Counterpart, status: int, echo: Echo) -> None:
    """Let the counterpart answer everything with what it was asked, headers included."""

    def take(request: Request) -> Fault:
        lines = [request.method, request.path, str(dict(request.query)), str(dict(request.headers))]
        body = request.body.decode(errors="replace")
        said = f"{body} {' '.join(lines)} {body}"
        if counterpart.document["destination"] == "email":
            said = " ".join(body[body.find("Subject:") :].split())[:4000]
            return Fault(body=f"{_SMTP[status]} {said}".encode())
        return Fault(status, body=echo(said))

    counterpart.simulator.__dict__["take"] = take


def _judge(counterpart: Counterpart) -> None:
    """Let the counterpart refuse every row with all that is in it."""

    def judge(row: Any) -> str:
        values = json.dumps(dict(row), default=str)
        return f"no: {' '.join(str(row).split())[:2000]} {values} {quote(values)}"

    counterpart.simulator.__dict__["judge"] = judge


Search = Callable[[], dict[str, list[str]]]


@pytest.fixture
def search(
    installation: Installation,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> Search:
    """Runs everything; where marks were found."""
    return functools.partial(_search, installation, capfd, caplog, monkeypatch)


def test_nothing_personal_and_no_secret_is_said(search: Search) -> None:
    assert search() == {}


@pytest.mark.slow
@pytest.mark.parametrize("installation", ["webhook", "customerio"], indirect=True)
def test_the_search_finds_what_is_not_masked(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mask, "__call__", lambda _mask, reason: reason)
    assert search().keys() >= {"stdout", "state"}


def _search(
    installation: Installation,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, list[str]]:
    caplog.set_level(logging.DEBUG)
    counterpart, name = installation.counterpart, installation.name
    installation.edit()
    installation.sync("plan", name)
    installation.sync("plan", name, "--json")
    if counterpart.document["destination"] in SIMULATORS:
        installation.sync("apply", name, "--simulate")
    installation.sync("apply", name)
    installation.report()
    if counterpart.simulator is not None:
        _judge(counterpart)
        installation.edit()
        installation.sync("apply", name, "--json")
        installation.sync("retry", name)
        installation.report()
        for echo in ECHOES:
            for status in STATUSES:
                _answer(counterpart, status, echo)
                installation.edit()
                installation.sync("apply", name)
                installation.sync("log", name, "--json")
            installation.edit()
            installation.materialize()
            installation.sync("pull", name)
            installation.report()
            installation.listener.status = 500
    installation.shop.people([])
    installation.sync("apply", name)
    installation.report()
    installation.materialize()
    for secret in counterpart.environment:
        monkeypatch.setenv(secret, f"{HUSH} of nobody")
    installation.edit()
    installation.sync("apply", name)
    installation.report()
    printed = capfd.readouterr()
    logged = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    assert installation.listener.heard or counterpart.simulator is None, "nobody was told"
    places = {
        "stdout": printed.out,
        "stderr": printed.err,
        "logging": logged,
        "alerts": installation.listener.raw,
        "Dagster": installation.said,
        "state": installation.kept(),
    }
    found = {place: _leaks(text, counterpart) for place, text in places.items()}
    return {place: leaks for place, leaks in found.items() if leaks}


def _leaks(text: str, counterpart: Counterpart) -> list[str]:
    """Where marks are found, the first of each."""
    marks = [MAIL, NAME, HUSH, *(value[:12] for value in counterpart.environment.values())]
    marks += [base64.b64encode(mark.encode())[:-4].decode() for mark in marks]
    low = text.lower()
    return [
        text[max(0, place - 200) : place + 60]
        for mark in dict.fromkeys(marks)
        if (place := low.find(mark.lower())) >= 0
    ]
