"""What destinations share that are an account at a vendor, with places that people enter and leave."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from reverse_etl.context import SyncContext
from reverse_etl.destinations.base import Destination
from reverse_etl.http import Http
from reverse_etl.spec import Scalar, Sync


class AccountDestination(Destination):
    """Base of the vendors.

    `address` is where the vendor answers when a sync names no `base_url`, `credential` the setting that stands for the
    account, `places` the settings that name a list, an attribute or an event in it. What is compared and kept is what
    the sync file says, `${NAME}`, never the secret. `enters_apart` says whether a batch takes a second request to enter
    a list, `forgets_singly` whether people are deleted one by one.
    """

    address: ClassVar[str] = ""
    credential: ClassVar[str] = "api_key"
    places: ClassVar[tuple[str, ...]] = ("list_id",)
    enters_apart: ClassVar[bool] = False
    forgets_singly: ClassVar[bool] = False
    _http: Http

    def __init__(
        self,
        sync: Sync,
        connection: Mapping[str, Scalar],
        context: SyncContext,
        address: str | None = None,
    ) -> None:
        self._sync, self._context = sync, context
        self._address = str(connection.get("base_url", address or self.address))

    @classmethod
    def open(cls, sync: Sync, connection: Mapping[str, Scalar], context: SyncContext) -> Self:
        """Make ready to send."""
        return cls(sync, connection, context)

    @classmethod
    def target(cls, sync: Sync) -> str:
        """An account's people, or one place of it."""
        place = next(
            (str(sync.connection[one]) for one in cls.places if one in sync.connection), ""
        )
        return f"{cls.name}|{sync.connection[cls.credential]}|{place}"

    @classmethod
    def requests(cls, sync: Sync, operation: str, rows: int) -> int:
        """One a batch, and what the vendor makes more of it."""
        if operation == "forget" and cls.forgets_singly:
            return rows
        lists = [place for place in cls.places if place != "event" and place in sync.connection]
        enters = cls.enters_apart and operation == "upsert" and bool(lists)
        return super().requests(sync, operation, rows) * (2 if enters else 1)

    def account(self) -> str:
        """One account has one credential."""
        return f"{self.name}|{self._sync.connection[self.credential]}|{self._address}"

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()

    @staticmethod
    def check_identifier(sync: Sync, identifiers: Sequence[str], person: str) -> None:
        """The key must be one by which the vendor knows people; raises SyncError."""
        if sync.key_field not in identifiers:
            raise sync.wrong(
                "key",
                f"'{sync.key_field}' is no identifier of {person}",
                f"map the key to one of {', '.join(identifiers)}",
            )

    @staticmethod
    def check_place(sync: Sync, setting: str, missing: str, add: str) -> None:
        """Where people enter and leave, there must be a place; raises SyncError."""
        if setting not in sync.connection and (sync.mode == "list" or sync.on_exit == "remove"):
            raise sync.wrong(
                f"connection.{setting}",
                f"is missing; {missing}",
                f"add {add}, or write 'mode: upsert' and 'on_exit: keep'",
            )

    @staticmethod
    def check_event(sync: Sync, place: str) -> None:
        """Mode events has the name of an event and no other place; raises SyncError."""
        needless = place if sync.mode == "events" else "event"
        if needless in sync.connection:
            raise sync.wrong(f"connection.{needless}", f"mode {sync.mode} has none", "remove it")
        if sync.mode == "events" and "event" not in sync.connection:
            raise sync.wrong("connection.event", "is missing", "add the name of the event")
