"""Real counterparts behind mitmproxy: whatever happens on the way, afterwards they hold the mapped audience, once."""

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from reverse_etl.context import Retry, SyncContext
from reverse_etl.http import Http
from reverse_etl.ledger_file import open_ledger
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import FILE, WEBHOOK, MakeSync, Shop
from tests.reverse_etl.mail_server import mail_server
from tests.reverse_etl.mitm import Way, way_to
from tests.reverse_etl.places import Place, bucket, sftp_server
from tests.reverse_etl.trytond_server import DATABASE, OURS, PASSWORD, Crm

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("servers")]

FAULTS = ("cut before", "cut after", "500 before", "500 after", "truncated")
ROUNDS = 2


@pytest.fixture
def context(context: SyncContext) -> SyncContext:
    patient = Retry(attempts=4, first_wait=0.01)
    return replace(context, retry=patient, environment={"CRM_PASSWORD": PASSWORD})


@pytest.fixture(scope="session")
def way_to_crm(crm: Crm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    with way_to(crm.url, tmp_path_factory.mktemp("way") / "crm") as way:
        yield way


def edited(number: int, round_: int) -> dict[str, str]:
    """Somebody who is there in every round, in some rounds, or from this one on."""
    return {
        "customer_id": f"w{number}",
        "first_name": f"Name {number} of {round_ if number % 3 else 0}",
        "email": f"w{number}.{round_ if number % 5 == 0 else 0}@example.com",
    }


def audience(round_: int) -> list[dict[str, str]]:
    return [edited(number, round_) for number in range(round_ * 4, round_ * 4 + 40)]


@pytest.mark.parametrize("fault", [*FAULTS, "no JSON", "no gzip", "slow"])
def test_tryton_holds_the_audience(  # noqa: PLR0917
    shop: Shop,
    context: SyncContext,
    make_sync: MakeSync,
    crm: Crm,
    way_to_crm: Way,
    fault: str,
) -> None:
    list_id, chance = crm.new_list(fault), random.Random(fault)
    crm.make("marketing.email", {"list_": list_id, "email": "theirs@example.com"})
    way = {"base_url": f"http://127.0.0.1:{way_to_crm.port}", "database": DATABASE}
    document = WEBHOOK | {
        "sync": "people_to_trytond",
        "destination": "trytond",
        "connection": way | {"username": OURS, "password": "${CRM_PASSWORD}", "list_id": list_id},
        "key": "email",
        "mapping": {
            "code": {"column": "customer_id"},
            "name": {"column": "first_name"},
            "email": {"column": "email", "normalise": "email"},
        },
        "batch": {"max_rows": 20},
    }
    sync = make_sync(document)
    before = len(way_to_crm.brought_about())
    for round_ in range(ROUNDS):
        people = audience(round_)
        shop.people(people)
        share = 0.1 if fault == "slow" else 0.3
        plan = [fault if chance.random() < share else None for _ in range(25)]
        way_to_crm.plan(*plan)
        with pytest.MonkeyPatch.context() as patch:
            if fault == "slow":
                patch.setitem(Http.__init__.__kwdefaults__, "timeout", 1)
            apply_sync(sync, context)
        way_to_crm.plan()
        apply_sync(sync, context)
        assert apply_sync(sync, context).requests == 0
        addresses = {one["email"] for one in people}
        assert crm.addresses(list_id) == addresses | {"theirs@example.com"}
        codes = [one["customer_id"] for one in people]
        assert crm.parties(("code", "in", codes)) == {
            one["customer_id"]: (one["first_name"], (one["email"],), True) for one in people
        }
    assert fault in way_to_crm.brought_about()[before:]


def through(sync: Sync, way: Way) -> Sync:
    """The sync with its place reached over the way."""
    place = str(sync.connection.get("base_url", sync.connection["path"]))
    port = urlsplit(place).port
    moved = {
        name: value.replace(f":{port}", f":{way.port}") if isinstance(value, str) else value
        for name, value in sync.connection.items()
    }
    return replace(sync, connection=moved)


def replayed(place: Place) -> dict[str, str]:
    """The people that are there when every file of changes was read in turn; manifests and parts left aside."""
    held: dict[str, str] = {}
    files = place.files()
    assert {path for path in files if path.endswith(".csv")} == {
        path.removesuffix(".manifest.json") for path in files if path.endswith(".json")
    }
    for path in sorted(path for path in files if path.endswith(".csv")):
        for row in csv.DictReader(io.StringIO(files[path].decode())):
            if row["operation"] == "upsert":
                held[row["id"]] = row["email"]
            else:
                del held[row["id"]]
    return held


def test_a_bucket_holds_the_changes(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path
) -> None:
    with bucket() as place, way_to(place.url, tmp_path / "way") as way:
        told = replace(context, environment=place.environment)
        sync = through(make_sync(FILE, connection=dict(place.connection)), way)
        faults = [*FAULTS, "late"]
        for round_, fault in enumerate(faults):
            people = audience(round_)
            shop.people(people)
            way.plan(*[None] * (round_ % 2), fault, fault)
            apply_sync(sync, told)
            way.plan()
            apply_sync(sync, told)
            assert apply_sync(sync, told).requests == 0
            assert replayed(place) == {one["customer_id"]: one["email"] for one in people}
        assert set(way.brought_about()) == set(faults)


@pytest.fixture(params=["s3", "sftp"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with bucket() if request.param == "s3" else sftp_server(tmp_path / "server") as place:
        yield place


@pytest.mark.parametrize("times", [1, 9])
def test_a_file_that_was_cut_off_is_not_there(  # noqa: PLR0917
    shop: Shop, context: SyncContext, make_sync: MakeSync, place: Place, tmp_path: Path, times: int
) -> None:
    sync = make_sync(FILE, connection=dict(place.connection))
    sync = replace(
        sync, mapping=(*sync.mapping, replace(sync.mapping[0], name="name", column="first_name"))
    )
    shop.named(*(f"c{number}" for number in range(300)), first_name="n" * 900)
    port = urlsplit(str(place.connection.get("base_url", place.connection["path"]))).port
    told = replace(context, environment=place.environment, retry=replace(context.retry, attempts=3))
    with way_to(f"tcp://127.0.0.1:{port}", tmp_path / "way") as way:
        way.plan(*["sent 60000"] * times)
        result = apply_sync(through(sync, way), told)
        if times == 1:
            assert result.accepted == 300
        else:
            assert (result.status, result.pending, result.requests) == ("stopped", 300, 3)
            assert not [path for path in place.files() if path.endswith(".csv")]
            way.plan()
            assert apply_sync(through(sync, way), told).recovered == 300
        assert len(replayed(place)) == 300
        assert "sent 60000" in way.brought_about()


def test_nobody_gets_a_letter_twice(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path
) -> None:
    templates = tmp_path / "templates"
    (templates / "news").mkdir(parents=True)
    text = "{{ unsubscribe_url }}" + " news" * 200
    (templates / "news" / "en.txt").write_text(f"Subject: News\n\n{text}")
    (templates / "news" / "en.html").write_text(text)
    document = WEBHOOK | {
        "sync": "people_by_email",
        "destination": "email",
        "mode": "events",
        "mapping": {"id": {"column": "customer_id"}, "email": {"column": "email"}},
    }
    settings = {
        "from": "The Shop <news@example.com>",
        "templates": str(templates),
        "template": "news",
        "unsubscribe_url": "https://shop.example.com/unsubscribe?token={token}",
        "unsubscribe_secret": "${SECRET}",
    }
    told = replace(context, environment={"SECRET": "s" * 32})
    names = [f"m{number}" for number in range(30)]
    shop.named(*names)
    faults = ("sent 300", "said 250 kept", "sent 1500")
    with (
        mail_server() as server,
        way_to(f"tcp://127.0.0.1:{server.port}", tmp_path / "way") as way,
    ):
        way.plan(None, *faults, *faults)
        url = f"smtp://127.0.0.1:{way.port}"
        sync = make_sync(document, connection={"base_url": url} | settings)
        apply_sync(sync, told)
        way.plan()
        apply_sync(sync, told)
        assert apply_sync(sync, told).requests == 0
        assert set(way.brought_about()) == set(faults)
        got = [address.split("@")[0] for address, _ in server.letters]
        assert len(got) == len(set(got)), "somebody has two letters"
        with open_ledger(told.state_dir, sync.name, read_only=True) as ledger:
            held = ledger.rows(
                "select customer_id from plan_rows inner join outcomes using (run_id, row_number)"
                " where status = 'held'"
            )
        # Who has none may have had one: nobody can know, so it is not sent again.
        assert set(names) - set(got) <= {name for (name,) in held}
