"""The syncs shown in the documentation are syncs."""

import re
from pathlib import Path

import pytest
import yaml

from reverse_etl.loader import load_sync

PAGE = Path(__file__).resolve().parents[2] / "docs" / "destinations.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: yaml.safe_load(text)["sync"])
def test_an_example_of_the_page_is_a_sync(example: str, tmp_path: Path) -> None:
    path = tmp_path / f"{yaml.safe_load(example)['sync']}.yml"
    path.write_text(example)
    load_sync(path)
