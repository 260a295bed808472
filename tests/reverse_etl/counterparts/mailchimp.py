"""One tag in a simulated Mailchimp audience."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverse_etl.simulators.mailchimp import MailchimpSimulator, Member
from tests.reverse_etl.conftest import WEBHOOK
from tests.reverse_etl.counterparts.base import Counterpart, Held, each_once

TAG = 7


@contextmanager
def mailchimp(_root: Path) -> Iterator[Counterpart]:
    with MailchimpSimulator() as mailchimp:
        mailchimp.segments[TAG] = "static"
        theirs = Member("theirs@example.com", "subscribed", {"FNAME": "Somebody"}, tags={TAG})
        mailchimp.put(theirs)

        def held() -> Held:
            people = [one for one in mailchimp.members.values() if TAG in one.tags]
            return each_once(
                (one.address.split("@")[0], one.merge_fields.get("FNAME", "")) for one in people
            )

        def reject(name: str | None) -> None:
            mailchimp.judge = lambda merge: (
                "is not wanted" if name is not None and merge.get("FNAME") == name else None
            )

        yield Counterpart(
            document=WEBHOOK
            | {
                "sync": "people_to_mailchimp",
                "destination": "mailchimp",
                "connection": {
                    "api_key": "${KEY}",
                    "list_id": mailchimp.list_id,
                    "segment_id": TAG,
                    "base_url": mailchimp.url,
                },
                "key": "email",
                "mapping": {
                    "email_address": {"column": "email", "normalise": "email"},
                    "FNAME": {"column": "first_name"},
                },
            },
            held=held,
            change_theirs=lambda name: theirs.merge_fields.update(FNAME=name),
            reject=reject,
            keeps=lambda name: name or "",
            environment={"KEY": mailchimp.key},
            simulator=mailchimp,
            descriptions=("MAILCHIMP",),
            base="/3.0",
        )
