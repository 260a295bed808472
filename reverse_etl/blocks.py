"""Blocks of people, read again while a long delivery is under way: they can only withhold."""

from reverse_etl.context import SyncContext
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_rows import Run
from reverse_etl.source import load_blocks, warehouse
from reverse_etl.spec import Sync

MOST_SECONDS = 60  # how old they may become


class Blocks:
    """The blocks that hold for a sync, as a plan read them first.

    Args:
        ledger: The sync's ledger, with the temporary table `blocks`.
        sync: The sync.
        context: Warehouse and clock.
    """

    def __init__(self, ledger: Ledger, sync: Sync, context: SyncContext) -> None:
        self._ledger, self._sync, self._context = ledger, sync, context
        self._read_at = context.clock()

    @property
    def are_old(self) -> bool:
        """Whether it is time to read them again."""
        return (self._context.clock() - self._read_at).total_seconds() > MOST_SECONDS

    def read_again(self, run: Run) -> None:
        """Read them and withhold what they block.

        Raises:
            WorkError: The warehouse cannot be read.
        """
        self._read_at = self._context.clock()
        with warehouse(self._ledger.connection, self._context):
            load_blocks(self._ledger.connection, self._sync)
        self.withhold(run)

    def withhold(self, run: Run) -> None:
        """Withhold what is blocked and not under way."""
        self._ledger.withhold(run.run_id, ("add", "change"), self._context.now())
