"""Expectations that ask the database how many rows are wrong, and never for the rows.

Great Expectations also fetches the unexpected values of every expectation, to show some of them. They may be
personal data, and each costs a query; leaving them out also makes a suite run in half the time.
"""

from typing import Any

from great_expectations.expectations import core as expect
from great_expectations.validator.validator import ValidationDependencies


class _CountsOnly:
    map_metric: Any

    def get_validation_dependencies(self, *args: Any, **kwargs: Any) -> ValidationDependencies:
        needed: ValidationDependencies = super().get_validation_dependencies(*args, **kwargs)  # type: ignore[misc]
        needed.remove_metric_configuration(f"{self.map_metric}.unexpected_values")
        return needed


class CountNull(_CountsOnly, expect.ExpectColumnValuesToBeNull):
    """A column is null; counts the values that are there."""


class CountNotNull(_CountsOnly, expect.ExpectColumnValuesToNotBeNull):
    """A column is never null; counts the nulls."""


class CountInSet(_CountsOnly, expect.ExpectColumnValuesToBeInSet):
    """A column's values are in a closed list; counts the others."""


class CountBetween(_CountsOnly, expect.ExpectColumnValuesToBeBetween):
    """A column's values are in a range; counts the others."""


class CountRows(expect.UnexpectedRowsExpectation):
    """A query returns no rows; counts them."""

    metric_dependencies = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}
