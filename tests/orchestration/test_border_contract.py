"""The raw contract as objects, and the suite made from it."""

import pytest

from orchestration.border.contract import RawTable, load_contract
from orchestration.border.suite import ANY, DUPLICATE, suite_for

TABLES = {table.name: table for table in load_contract()}


def test_the_contract_is_read_as_written() -> None:
    orders = TABLES["orders"]
    assert (orders.required, orders.cut_by, orders.latest_by) == (True, "ordered_at", "updated_at")
    assert orders.key == ("order_id",)
    [status] = [column for column in orders.columns if column.name == "status"]
    assert status.values == ("completed", "pending", "cancelled", "refunded")
    assert TABLES["order_items"].key == ("order_id", "line_number")
    assert [column.name for column in TABLES["order_items"].columns if column.above == 0] == [
        "quantity"
    ]
    assert [column.name for column in TABLES["customers"].columns if column.pii][:2] == [
        "email",
        "phone",
    ]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_clause_of_the_contract_is_expected(table: RawTable) -> None:
    reasons = [each.meta["reason"] for each in suite_for(table, 0.01)]
    columns = table.columns
    assert reasons.count(ANY) == reasons.count(DUPLICATE) == 1
    assert reasons.count("missing_required") == sum(column.required for column in columns)
    assert reasons.count("bad_type") == sum(column.data_type != "varchar" for column in columns)
    assert reasons.count("not_in_enum") == sum(bool(column.values) for column in columns)
    assert reasons.count("out_of_range") == sum(column.has_range for column in columns) + len(
        table.rules
    )
