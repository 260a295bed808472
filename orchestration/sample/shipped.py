"""The shipped audience the sample shop reacts to: its arms as the definition says, and the effect we know."""

import duckdb

from audiences.loader import check_file
from orchestration.settings import DEFINITIONS

AUDIENCE = "churned_winback"
# The chance that the message alone brings an order in the goal window to somebody who is sent to.
TRUE_EFFECT = 0.2


def create_shipped_arms(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table `work.shipped_arms`; empty when the definition is gone or has no experiment."""
    connection.execute(
        """
        create table work.shipped_arms (campaign_id varchar, salt varchar, arm varchar, first_slot bigint,
            last_slot bigint, is_delivered boolean, goal_window_days bigint, true_effect double)
        """
    )
    file = DEFINITIONS / f"{AUDIENCE}.yml"
    definition = check_file(file)[0] if file.is_file() else None
    if definition is None or definition.experiment is None or definition.goal is None:
        return
    experiment, window = definition.experiment, definition.goal.window_days
    campaign = f"{experiment.key}:{experiment.phase}"
    for name, arm in experiment.arms.items():
        connection.execute(
            "insert into work.shipped_arms values (?, ?, ?, ?, ?, ?, ?, ?)",
            [campaign, experiment.salt, name, *arm.slots, arm.delivers, window, TRUE_EFFECT],
        )
