"""Before a run: the requests of the raw table `erasures`, and a warehouse that never held who was forgotten."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime

from audiences.erasures import bury, sweep_state, tombstones
from orchestration.border.contract import load_contract
from orchestration.border.files import refuse_unreadable, table_files
from orchestration.border.views import checked_views
from orchestration.forget import ask, forget_in_syncs
from orchestration.settings import Settings


def honour_requests(settings: Settings) -> int:
    """Forget whom the raw table `erasures` names, and begin anew when the warehouse ever held one of them.

    Returns:
        How many of the raw table were new.
    """
    requested = _raw_requests(settings)
    new = bury(settings.state_dir, requested, datetime.now(UTC).replace(tzinfo=None))
    if tombstones(settings.state_dir) - _known_to_the_warehouse(settings):
        sweep_state(settings.state_dir)
        forget_in_syncs(settings)
        _discard_warehouse(settings)
    return new


def _raw_requests(settings: Settings) -> set[str]:
    """Ids in the raw table, as staging has them; who was forgotten is not read.

    A request holds from today on, whatever day the run is as of, and an id alone will do: the day may be
    missing or none.
    """
    files = table_files(settings, load_contract())
    if not files["erasures"]:
        return set()
    refuse_unreadable(files)
    up_to_today = replace(settings, as_of=max(settings.as_of, datetime.now(UTC).date()))
    with checked_views(up_to_today, files) as connection:
        rows = connection.execute(
            "select distinct customer_id from checked.erasures where customer_id is not null"
        ).fetchall()
    return {customer_id for (customer_id,) in rows}


def _known_to_the_warehouse(settings: Settings) -> set[tuple[str, str]]:
    """The tombstones there were when the warehouse file was made."""
    if not settings.warehouse.is_file():
        return set()
    rows = ask(settings, "select hash_key, customer_hash from raw.erasures_known", [])
    return {(key, customer_hash) for key, customer_hash in rows}


def _discard_warehouse(settings: Settings) -> None:
    """Delete the warehouse and its replays: a new file never held who was forgotten."""
    live = settings.warehouse
    for file in (live, *live.parent.glob(f"{live.stem}.replay-*{live.suffix}")):
        file.unlink(missing_ok=True)
        file.with_name(f"{file.name}.wal").unlink(missing_ok=True)
        shutil.rmtree(file.with_name(f"{file.name}.tmp"), ignore_errors=True)  # what was spilled
