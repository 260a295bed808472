"""Whatever was edited and whatever failed: afterwards the destination holds the mapped audience, and others' rows."""

import os

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.reverse_etl.counterparts import COUNTERPARTS
from tests.reverse_etl.histories import History

# A bucket and a server over SFTP take files as a folder does, and longer to set up than a history lasts.
PLACES = [name for name in COUNTERPARTS if name not in ("file_in_s3", "file_over_sftp")]
LONG = 39  # histories of each place


def play(place: str, histories: int) -> None:
    """Play so many histories of one place; what fails names the seed that plays them again."""
    seed = int(os.environ["PERENNIAL_SEED"])
    played = 0

    def begin() -> History:
        nonlocal played
        played += 1
        return History(place)

    try:
        while played < histories:
            run_state_machine_as_test(
                hypothesis.seed(seed + played)(begin),  # type: ignore[arg-type]
                settings=settings(
                    # The first does nothing; those that ran out of choices are not counted, and end as all do.
                    max_examples=max(2, (histories - played) * 2 // 3),
                    stateful_step_count=4,
                    deadline=None,
                    database=None,
                    # A failure is shown as it was found: to shrink it takes longer than to read it.
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                ),
            )
    except (Exception, pytest.fail.Exception) as failure:
        failure.add_note(f"PERENNIAL_SEED={seed} plays these histories again")
        raise
    print(f"{played} histories of {place} with PERENNIAL_SEED={seed}")


@pytest.mark.parametrize("place", ["webhook", "webhook_events", "klaviyo"])
def test_the_destination_ends_as_the_mapped_audience(place: str) -> None:
    play(place, 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "place", [pytest.param(one, marks=pytest.mark.xdist_group(f"to {one}")) for one in PLACES]
)
def test_the_destination_ends_as_the_mapped_audience_at_length(place: str) -> None:
    play(place, LONG)
