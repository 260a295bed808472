"""A mail server that keeps its letters: what was told is what the letters say, each counted once by its Message-ID."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from reverse_etl.simulators.email import SECRET, EmailSimulator
from tests.reverse_etl.conftest import WEBHOOK
from tests.reverse_etl.counterparts.base import MAPPING, THEIRS, Counterpart, Held

TEXT = """Subject: News for {{ first_name }}

{{ [external_id, first_name] | tojson }}
{{ unsubscribe_url }}
"""
HTML = '<p>{{ first_name }}</p><p><a href="{{ unsubscribe_url }}">no more</a></p>'


@contextmanager
def email(root: Path) -> Iterator[Counterpart]:
    templates = root / "templates" / "news"
    templates.mkdir(parents=True)
    (templates / "en.txt").write_text(TEXT)
    (templates / "en.html").write_text(HTML)
    with EmailSimulator() as server:

        def told(letter: EmailMessage) -> tuple[str, str | None]:
            text = letter.get_body(("plain",))
            assert text is not None
            key, name = json.loads(text.get_content().splitlines()[0])
            return key, name

        def reject(unwanted: str | None) -> None:
            server.judge = lambda letter: (
                "is not wanted" if unwanted is not None and told(letter)[1] == unwanted else None
            )

        def held() -> Held:
            return THEIRS | dict(told(letter) for letter in server.letters.values())

        yield Counterpart(
            document=WEBHOOK
            | {
                "sync": "people_by_email",
                "destination": "email",
                "mode": "events",
                "connection": {
                    "base_url": server.url,
                    "from": "The Shop <news@example.com>",
                    "templates": str(root / "templates"),
                    "template": "news",
                    "unsubscribe_url": "https://example.com/unsubscribe?token={token}",
                    "unsubscribe_secret": "${UNSUBSCRIBE_SECRET}",
                    "ambiguous": "resend",
                },
                "mapping": MAPPING | {"email": {"column": "email"}},
            },
            held=held,
            reject=reject,
            environment={"UNSUBSCRIBE_SECRET": SECRET},
            simulator=server,
        )
