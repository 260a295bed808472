"""The published values, as `make anchors` prints them."""

import pytest

from tests.statistics.anchors import SUBJECTS
from tests.statistics.published import Subject


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.title)
def test_every_printed_digit_is_the_published_one(subject: Subject) -> None:
    if subject.data and not subject.data.exists():
        pytest.skip(f"{subject.data.name} is not on this machine")
    anchors = subject.compute()
    assert anchors
    assert [anchor for anchor in anchors if not anchor.holds] == []
