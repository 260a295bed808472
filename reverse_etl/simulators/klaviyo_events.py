"""The events of a simulated Klaviyo account: metrics, and what people did, page by page."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from reverse_etl.simulators.base import Fault, Request, answer

PAGE = 200
_FILTER = re.compile(r'equals\(metric_id,"(\w+)"\),greater-or-equal\(datetime,([^()]+)\)')
_INTEGRATION = re.compile(r'equals\(integration\.name,"([^"]+)"\)')


@dataclass(frozen=True)
class Happened:
    """Something a profile did.

    Attributes:
        moment: UTC.
    """

    event_id: str
    metric: str
    profile_id: str
    moment: datetime
    properties: Mapping[str, Any]


@dataclass
class Events:
    """What happened in an account; a metric is there once something of it happened.

    Attributes:
        happened: All of it.
        page: How many are told at a time.
    """

    happened: list[Happened] = field(default_factory=list)
    page: int = PAGE

    def add(
        self, profile_id: str, metric: str, moment: datetime, properties: Mapping[str, Any]
    ) -> None:
        """Let something happen."""
        event_id = f"E{len(self.happened) + 1:06}"
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self.happened.append(Happened(event_id, metric, profile_id, moment, properties))

    def metrics(self, request: Request) -> Fault | None:
        """The metrics of an integration; None when the question is wrong."""
        asked = _INTEGRATION.fullmatch(request.query["filter"])
        if asked is None:
            return None
        names = self._names() if asked[1] == "Klaviyo" else []
        data = [
            {"type": "metric", "id": f"M{number}", "attributes": {"name": name}}
            for number, name in enumerate(names)
        ]
        return answer(200, {"data": data, "links": {"next": None}})

    def events(
        self, request: Request, url: str, profiles: Mapping[str, Mapping[str, Any]]
    ) -> Fault | None:
        """A page of events, the earliest first; None when the question is wrong."""
        query = request.query
        asked = _FILTER.fullmatch(query["filter"])
        size = min(int(query.get("page[size]", PAGE)), self.page)
        if asked is None or not 1 <= size <= PAGE or query.get("sort") != "datetime":
            return None
        start = int(query.get("page[cursor]", 0))
        found = list(islice(self._found(asked[1], asked[2]), start, start + size + 1))
        shown = found[:size]
        more = f"{url}/api/events?{urlencode({**query, 'page[cursor]': str(start + size)})}"
        said: dict[str, Any] = {
            "data": [_shown(one) for one in shown],
            "links": {"next": more if len(found) > size else None},
        }
        if query.get("include") == "profile":
            ids = dict.fromkeys(one.profile_id for one in shown)
            said["included"] = [
                {"type": "profile", "id": one, "attributes": dict(profiles[one])} for one in ids
            ]
        return answer(200, said)

    def _names(self) -> list[str]:
        return list(dict.fromkeys(one.metric for one in self.happened))

    def _found(self, metric_id: str, since: str) -> Iterator[Happened]:
        name = self._names()[int(metric_id.removeprefix("M"))]
        earliest = datetime.fromisoformat(since)
        for one in sorted(self.happened, key=lambda one: one.moment):
            if one.metric == name and one.moment >= earliest:
                yield one


def _shown(one: Happened) -> dict[str, Any]:
    return {
        "type": "event",
        "id": one.event_id,
        "attributes": {
            "datetime": one.moment.isoformat(),
            "event_properties": {"$event_id": one.event_id, **one.properties},
        },
        "relationships": {"profile": {"data": {"type": "profile", "id": one.profile_id}}},
    }
