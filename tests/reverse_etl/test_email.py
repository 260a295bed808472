"""Letters through a mail server: what is in them, who refuses them, and that nobody gets one twice."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from reverse_etl.context import SyncContext
from reverse_etl.history import sync_log
from reverse_etl.letters import read_token
from reverse_etl.spec import Sync
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import WEBHOOK, MakeSync, Shop
from tests.reverse_etl.mail_server import MailServer, mail_server

SECRET = "a secret of more than thirty characters"
TEXT = (
    "Subject: {subject} {{{{ first_name }}}}\n\n{{{{ first_name }}}}!\n{{{{ unsubscribe_url }}}}\n"
)
HTML = '<p title="{{ first_name }}">{{ first_name }}</p><a href="{{ unsubscribe_url }}">{{ locale }}</a>'
EMAIL = WEBHOOK | {
    "sync": "people_by_email",
    "destination": "email",
    "mode": "events",
    "connection": {
        "base_url": "smtp://127.0.0.1:9",
        "from": "Çağla's Shop <news@example.com>",
        "templates": "templates",
        "template": "news",
        "unsubscribe_url": "https://shop.example.com/unsubscribe?from=mail&token={token}",
        "unsubscribe_secret": "${UNSUBSCRIBE_SECRET}",
    },
    "mapping": {
        "id": {"column": "customer_id"},
        "email": {"column": "email"},
        "name": {"column": "first_name"},
        "first_name": {"column": "first_name"},
        "locale": {"column": "arm"},
    },
}


class Killed(BaseException):
    """As if the process had died."""


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def context(context: SyncContext, tmp_path: Path) -> SyncContext:
    folder = tmp_path / "templates" / "news"
    folder.mkdir(parents=True)
    for locale, subject in (("en", "News for"), ("de", "Grüße an"), ("pt-BR", "Olá")):
        (folder / f"{locale}.txt").write_text(TEXT.format(subject=subject))
        (folder / f"{locale}.html").write_text(HTML)
    return replace(context, environment={"UNSUBSCRIBE_SECRET": SECRET})


@pytest.fixture
def sync(server: MailServer, make_sync: MakeSync) -> Sync:
    return make_sync(EMAIL, connection=reached(server))


def reached(server: MailServer, **settings: Any) -> dict[str, Any]:
    url = f"smtp://127.0.0.1:{server.port}"
    return {**EMAIL["connection"], "base_url": url} | settings  # type: ignore[dict-item]


def only(address: str, answer: str) -> Callable[[str], str | None]:
    return lambda asked: answer if asked == address else None


def bodies(server: MailServer) -> list[tuple[str, str]]:
    """Text and HTML of each letter."""
    found = []
    for letter in server.parsed():
        parts = (letter.get_body((kind,)) for kind in ("plain", "html"))
        found.append(tuple(part.get_content() for part in parts if part is not None))
    return found  # type: ignore[return-value]


def test_a_letter_has_all_it_needs(
    shop: Shop, context: SyncContext, sync: Sync, server: MailServer
) -> None:
    shop.named("a", first_name="Çağla Öz")
    assert apply_sync(sync, context).accepted == 1
    [letter], [(recipient, raw)] = server.parsed(), server.letters
    assert recipient == "a@example.com"
    assert letter["To"] == "Çağla Öz <a@example.com>"
    assert letter["From"] == "Çağla's Shop <news@example.com>"
    assert letter["Subject"] == "News for Çağla Öz"
    assert letter["Content-Language"] == "en"
    assert abs((parsedate_to_datetime(letter["Date"]) - context.clock()).total_seconds()) < 60
    assert isinstance(parsedate_to_datetime(letter["Date"]), datetime)
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) < 998
    [(text, html)] = bodies(server)
    assert text.startswith("Çağla Öz!\r\n")
    assert "Çağla Öz</p>" in html


def test_one_click_unsubscribes_the_person_and_nobody_else(
    shop: Shop, context: SyncContext, sync: Sync, server: MailServer
) -> None:
    shop.named("a")
    apply_sync(sync, context)
    [(_, raw)], [(text, html)] = server.letters, bodies(server)
    [line] = [line for line in raw.splitlines() if line.startswith(b"List-Unsubscribe:")]
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    link = line.decode().removeprefix("List-Unsubscribe: <").removesuffix(">")
    assert link in text
    assert f'href="{link.replace("&", "&amp;")}"' in html
    signed = urlsplit(link).query.rpartition("token=")[2]
    assert read_token(signed, SECRET) == ("a", "people")
    said, _, signature = signed.partition(".")
    assert read_token(f"{said[:-2]}AA.{signature}", SECRET) is None
    assert read_token(signed, SECRET + "!") is None
    assert read_token("", SECRET) is None


def test_everybody_is_written_to_in_their_language(
    shop: Shop, context: SyncContext, sync: Sync, server: MailServer
) -> None:
    wanted = {"pt-BR": "pt-BR", "de": "de", "de-AT": "de", "fr": "en", "pt": "en", "../x": "en"}
    shop.people(
        [
            {"customer_id": f"c{number}", "email": f"c{number}@example.com", "arm": locale}
            for number, locale in enumerate(wanted)
        ]
        + [{"customer_id": "none", "email": "none@example.com"}]
    )
    assert apply_sync(sync, context).accepted == 7
    told = {
        address: letter["Content-Language"]
        for (address, _), letter in zip(server.letters, server.parsed(), strict=True)
    }
    expected = {f"c{number}@example.com": found for number, found in enumerate(wanted.values())}
    assert told == expected | {"none@example.com": "en"}


@pytest.mark.parametrize("line", ["\r\n", "\n", "\r", "\v", "\x85", "\u2028", "\x00"])
def test_a_name_adds_no_header_and_no_markup(
    shop: Shop, context: SyncContext, sync: Sync, server: MailServer, line: str
) -> None:
    name = f'Ada{line}Bcc: victim@example.com{line}{line}<script>"&{{{{ 7 * 7 }}}}'
    shop.named("a", first_name=name)
    assert apply_sync(sync, context).accepted == 1
    [letter], [(text, html)] = server.parsed(), bodies(server)
    assert server.asked == ["a@example.com"]
    assert letter["Bcc"] is None
    assert letter["To"].addresses[0].addr_spec == "a@example.com"
    assert letter["Subject"].startswith("News for Ada Bcc: victim@example.com <script>")
    assert "{{ 7 * 7 }}" in text
    assert "&lt;script&gt;&#34;&amp;{{ 7 * 7 }}" in html
    assert "<script>" not in html


@pytest.mark.parametrize(
    ("address", "reached_as"),
    [
        ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
        ("çağla@example.com", "çağla@example.com"),
        ("no address", None),
        ("a@example.com, b@example.com", None),
        ("a@example.com\r\nRCPT TO:<b@example.com>", None),
        ("<a@example.com>", None),
        ("a@localhost", None),
        (None, None),
    ],
)
def test_addresses(  # noqa: PLR0917
    shop: Shop,
    context: SyncContext,
    sync: Sync,
    server: MailServer,
    address: str | None,
    reached_as: str | None,
) -> None:
    shop.people([{"customer_id": "a", "email": address, "first_name": "Ada"}])
    result = apply_sync(sync, context)
    assert server.asked == ([] if reached_as is None else [reached_as])
    assert (result.accepted, result.rejected) == ((0, 1) if reached_as is None else (1, 0))


@pytest.mark.parametrize("place", ["recipient", "letter"])
def test_a_refusal_for_good_is_kept_with_the_words_masked(
    shop: Shop, context: SyncContext, sync: Sync, server: MailServer, place: str
) -> None:
    setattr(server, place, only("b@example.com", "550 5.1.1 <b@example.com> Bobby: unknown"))
    shop.named("a", "b", "c", first_name="Bobby")
    result = apply_sync(sync, context)
    assert (result.accepted, result.rejected, result.requests) == (2, 1, 3)
    _, [row] = sync_log(sync, context.state_dir)
    assert (row.status, row.reason) == ("rejected", "550 5.1.1 <(email)> (first_name): unknown")
    assert apply_sync(sync, context).requests == 0
    setattr(server, place, lambda _address: None)
    assert apply_sync(sync, context, retry_rejected=True).accepted == 1
    assert len(server.letters) == 3


@pytest.mark.parametrize("place", ["recipient", "letter"])
def test_who_is_put_off_keeps_nobody_waiting(
    shop: Shop, context: SyncContext, sync: Sync, server: MailServer, place: str
) -> None:
    setattr(server, place, only("b@example.com", "450 4.2.0 come back"))
    shop.named("a", "b", "c")
    result = apply_sync(sync, context)
    assert (result.accepted, result.pending, result.problem) == (2, 1, "450 4.2.0 come back")
    assert server.asked.count("b@example.com") == context.retry.attempts
    setattr(server, place, lambda _address: None)
    assert apply_sync(sync, context).accepted == 1
    assert sorted(address for address, _ in server.letters) == [
        f"{one}@example.com" for one in "abc"
    ]


@pytest.mark.parametrize("words", ["421 4.3.2 busy", "530 5.7.0 who are you"])
def test_a_server_that_takes_nothing_is_given_up_and_nothing_is_held(
    shop: Shop, context: SyncContext, sync: Sync, server: MailServer, words: str
) -> None:
    shop.named("a", "b")
    server.recipient = lambda _address: words
    stopped = apply_sync(sync, context)
    assert (stopped.status, stopped.pending, stopped.problem) == ("stopped", 2, words)
    server.recipient = lambda _address: None
    assert apply_sync(sync, context).accepted == 2
    assert len(server.letters) == 2


@pytest.mark.parametrize("end", ["cut", "lose"])
def test_a_letter_in_doubt_is_held_for_good(
    shop: Shop, context: SyncContext, sync: Sync, server: MailServer, end: str
) -> None:
    server.letter = only("b@example.com", end)
    shop.named("a", "b", "c")
    result = apply_sync(sync, context)
    assert (result.accepted, result.rejected, result.pending) == (2, 1, 0)
    _, [row] = sync_log(sync, context.state_dir)
    assert (row.status, row.customer_id) == ("held", "b")
    assert row.reason is not None
    assert row.reason.startswith("it may have been delivered")
    server.letter = lambda _address: None
    for name in (None, "changed"):
        shop.named("a", "b", "c", first_name=name)
        assert apply_sync(sync, context).requests == 0
        assert apply_sync(sync, context, retry_rejected=True).requests == 0
    assert server.asked.count("b@example.com") == 1
    shop.named("b", entry_seq=2)
    assert apply_sync(sync, context).accepted == 1


@pytest.mark.parametrize("end", ["cut", "lose"])
def test_a_letter_in_doubt_may_be_posted_again_under_its_id(
    shop: Shop, context: SyncContext, make_sync: MakeSync, server: MailServer, end: str
) -> None:
    ends = [end]
    server.letter = lambda _address: ends.pop() if ends else None
    shop.named("a")
    sync = make_sync(EMAIL, connection=reached(server, ambiguous="resend"))
    assert apply_sync(sync, context).accepted == 1
    assert len(server.letters) == (2 if end == "cut" else 1)
    assert len({letter["Message-ID"] for letter in server.parsed()}) == 1


@pytest.mark.parametrize(("ambiguous", "told"), [("hold", 3), ("resend", 4)])
def test_a_process_that_died_while_it_posted(  # noqa: PLR0917
    shop: Shop,
    context: SyncContext,
    make_sync: MakeSync,
    server: MailServer,
    ambiguous: str,
    told: int,
) -> None:
    heard = []

    def die(step: str) -> None:
        heard.append(step)
        if step == "recorded":
            raise Killed

    shop.named(*"abcd")
    sync = make_sync(EMAIL, connection=reached(server, ambiguous=ambiguous))
    server.letter = lambda address: None if address == "a@example.com" else "lose"
    with pytest.raises(Killed):
        apply_sync(sync, replace(context, on_step=die))
    server.letter = lambda _address: None
    apply_sync(sync, context)
    assert apply_sync(sync, context).requests == 0
    addresses = [address for address, _ in server.letters]
    assert len(addresses) == len(set(addresses)) <= told
    if ambiguous == "resend":
        assert len(addresses) == 4


def test_a_member_who_enters_again_is_written_to_again(
    shop: Shop, context: SyncContext, sync: Sync, server: MailServer
) -> None:
    for names, entry in ((("a", "b"), 1), (("b",), 1), (("a", "b"), 2)):
        rows: list[Mapping[str, Any]] = [
            {
                "customer_id": one,
                "email": f"{one}@example.com",
                "entry_seq": entry if one == "a" else 1,
            }
            for one in names
        ]
        shop.people([dict(row) for row in rows])
        assert apply_sync(sync, context).exit_code == 0
    assert sorted(address[0] for address, _ in server.letters) == ["a", "a", "b"]
    assert len({letter["Message-ID"] for letter in server.parsed()}) == 3
