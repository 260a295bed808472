"""`perennial forget`, from the request to the last byte, and the requests of the raw table."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from audiences.erasures import bury, tombstones
from orchestration.forget import advice, forget
from orchestration.settings import DBT_PROJECT
from reverse_etl.forgetting import Remainder
from tests.conftest import Place, make_place
from tests.orchestration.test_pipeline import perennial, run

LAST_DAY = date(2026, 3, 31)
NEXT_DAY = LAST_DAY + timedelta(days=1)


def test_without_an_id_nothing_is_done(place: Place) -> None:
    finished = perennial(place, "forget", " ")
    assert finished.returncode == 2
    assert finished.stderr.startswith("error: the customer id is empty")
    assert not place.settings.state_dir.exists()


def test_an_id_nobody_has_is_remembered_without_being_told(place: Place) -> None:
    finished = perennial(place, "forget", "somebody-yet-to-come")
    assert finished.returncode == 0, finished.stderr
    assert "somebody" not in finished.stdout + finished.stderr
    assert bury(place.settings.state_dir, ["somebody-yet-to-come"], date_time()) == 0
    again = perennial(place, "forget", "somebody-yet-to-come", "--json")
    assert '"new": 0' in again.stdout
    assert len(tombstones(place.settings.state_dir)) == 1


def test_what_killed_runs_left_goes_too(place: Place) -> None:
    settings = place.settings
    for folder in (settings.state_dir / "receipts", settings.deliveries_dir / "a_to_file"):
        folder.mkdir(parents=True)
        (folder / f".rows.csv.{2**22 + 1}.unfinished").write_text("id-of-a-killed-run")
    forget(settings, ["id-of-a-killed-run"])
    assert traces(place, "id-of-a-killed-run") == []


def test_it_says_what_is_left_to_do() -> None:
    lines = advice(
        [
            Remainder("a", removals=1, is_file=True),
            Remainder("b", removals=2),
            Remainder("c", removals=1, is_paused=True),
            Remainder("d", by_hand=1),
            Remainder("e", is_busy=True),
        ]
    )
    assert lines == [
        "sync a: 1 to be removed by the next `perennial run`",
        "sync b: 2 to be removed; run `perennial sync apply b` or `perennial run --deliver`",
        "sync c: 1 to be removed, but it is paused; set it active, then `perennial sync apply c`",
        "sync d: 1 held at a place it no longer delivers to; delete there by hand",
        "sync e: a run of it is under way; its next run takes the person out",
    ]


def date_time() -> datetime:
    return datetime(2026, 4, 1, 9)


def state_files(place: Place) -> list[Path]:
    return sorted(place.settings.state_dir.rglob("*.parquet"))


def at_day(place: Place, day: date) -> Place:
    return Place(replace(place.settings, as_of=day))


def traces(place: Place, *words: str) -> list[str]:
    """Files whose bytes hold one of the words, wherever a run writes."""
    settings = place.settings
    roots = (settings.state_dir, settings.site_dir, settings.deliveries_dir, DBT_PROJECT / "logs")
    files = [settings.warehouse, *(file for root in roots for file in root.rglob("*"))]
    files += (DBT_PROJECT / "target").rglob("*")
    return [
        file.name
        for file in files
        if file.is_file() and any(word.encode() in file.read_bytes() for word in words)
    ]


def others(place: Place, person: str) -> set[tuple[object, ...]]:
    """Entries and arms of everybody else."""
    rows = place.rows(
        """
        select audience, entry_seq, customer_id, arm, entered_at from audiences.audience_memberships
        where customer_id <> $1
        union all
        select experiment, phase, customer_id, arm, assigned_at from audiences.audience_assignments
        where customer_id <> $1
        """,
        [person],
    )
    return set(rows)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A small shop, whose raw table of erasures asks for one person, after its first run."""
    place = make_place(tmp_path_factory.mktemp("shop"), LAST_DAY)
    out = ("--end", NEXT_DAY.isoformat(), "--out", str(place.settings.raw_dir))
    sampled = perennial(place, "sample", "--customers", "300", "--months", "12", *out)
    assert sampled.returncode == 0, sampled.stderr
    write_requests(place.settings.raw_dir, 1)
    run(place)
    return place


def write_requests(raw: Path, people: int) -> None:
    """Requests of so many customers; only the first has a day."""
    (raw / "erasures.parquet").unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select customer_id, case row_number() over (order by customer_id) when 1 then timestamp '2026-03-31' end
                    as requested_at
                from '{raw}/customers.parquet' where created_at < date '2026-01-01'
                order by customer_id limit {people}
            ) to '{raw}/erasures.parquet' (format parquet)
            """
        )


@pytest.mark.slow
@pytest.mark.pipeline
def test_a_person_is_forgotten_and_does_not_come_back(shop: Place) -> None:
    [(asked,), (asks_tomorrow,)] = duckdb.sql(
        f"""
        select customer_id from '{shop.settings.raw_dir}/customers.parquet'
        where created_at < date '2026-01-01' order by customer_id limit 2
        """
    ).fetchall()
    assert traces(shop, asked) == []
    assert traces(shop, asks_tomorrow) != []

    [(person, address)] = shop.rows(
        """
        select customer_id, email from audiences.one_time_buyers
        where email is not null and customer_id <> $1 order by customer_id limit 1
        """,
        [asks_tomorrow],
    )
    before = others(shop, person)
    assert "one_time_buyers_to_file.parquet" in traces(shop, person)

    finished = perennial(shop, "forget", person)
    assert finished.returncode == 0, finished.stderr
    assert person not in finished.stdout
    assert "sync one_time_buyers_to_file: 1 to be removed by the next" in finished.stdout
    assert shop.rows(
        """
        select count(*) filter (where reason <> 'erased'), count(distinct channel) > 4
        from audiences.current_blocks where customer_id = $1
        """,
        [person],
    ) == [(0, True)]

    # The raw tables still hold all three, and the second request has come, with an id and no day.
    write_requests(shop.settings.raw_dir, 2)
    tomorrow = at_day(shop, NEXT_DAY)
    assert "erasures: 1 people forgotten" in run(tomorrow)
    assert traces(tomorrow, person, address, asked, asks_tomorrow) == []
    kept = {row for row in before if asks_tomorrow not in row}
    assert kept <= others(tomorrow, person)
    assert tomorrow.rows("select count(*) from monitoring.rpt_source_reconciliation") == [(23,)]
    assert tomorrow.rows("select count(*) from staging.stg_shop__erasures") == [(0,)]

    state = {file: file.read_bytes() for file in state_files(tomorrow)}
    again = perennial(tomorrow, "forget", person)
    assert again.stdout.splitlines()[0] == "was forgotten before"
    assert {file: file.read_bytes() for file in state_files(tomorrow)} == state
