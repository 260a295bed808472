"""What a delivery is busy with: rows that wait for their turn, and requests for them."""

from dataclasses import dataclass

from reverse_etl.ledger_rows import Run
from reverse_etl.shipments import Shipment, Span


@dataclass(frozen=True)
class Try:
    """A shipment under way.

    Attributes:
        shipment: The shipment.
        tries: Requests made for it in this run, this one included.
        failures: How often its rows were put off in a row.
        job: The job that works on it, when there is one.
    """

    shipment: Shipment
    tries: int = 1
    failures: int = 0
    job: str | None = None

    @property
    def attempt(self) -> int:
        """Which request for the batch this is, those of earlier runs included."""
        return self.shipment.batch.attempts + self.tries


@dataclass(frozen=True)
class Part:
    """Rows to be sent, read when their turn has come.

    Attributes:
        run: Their run.
        span: Their numbers; those with an outcome by then are left out.
        failures: How often they were put off in a row.
    """

    run: Run
    span: Span
    failures: int = 0
