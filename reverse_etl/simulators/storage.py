"""Where a vendor leaves files: elsewhere, and behind addresses that bear their own permission."""

from dataclasses import dataclass, field

from reverse_etl.simulators.base import Fault, Request, Simulator


@dataclass
class Storage(Simulator):
    """Where files of errors lie: elsewhere, and behind addresses that bear their own permission and take no other."""

    files: dict[str, bytes] = field(default_factory=dict)

    def work(self, request: Request) -> Fault:
        """Hand out a file."""
        is_signed = "signature" in request.query and "authorization" not in request.headers
        if not is_signed or request.path not in self.files:
            return Fault(403, body=b"<Error><Code>AccessDenied</Code></Error>")
        return Fault(200, body=self.files[request.path])
