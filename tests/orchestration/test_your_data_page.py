"""docs/your-data.md names every raw table with its required columns, as the contract has them."""

import re

import pytest

from orchestration.border.contract import RawTable, load_contract
from orchestration.settings import ROOT

PAGE = (ROOT / "docs" / "your-data.md").read_text(encoding="utf-8")
ROWS = {
    match["table"]: (set(re.findall(r"`(\w+)`", match["columns"])), bool(match["required"]))
    for match in re.finditer(
        r"^\| `(?P<table>\w+)`(?P<required> \(required\))? \| (?P<columns>`[^|]+`) \|", PAGE, re.M
    )
}


@pytest.mark.parametrize("table", load_contract(), ids=lambda table: table.name)
def test_a_table_is_on_the_page_with_its_required_columns(table: RawTable) -> None:
    columns = {column.name for column in table.columns if column.required}
    assert ROWS[table.name] == (columns, table.required)
