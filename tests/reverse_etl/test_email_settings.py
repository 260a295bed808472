"""Mail servers behind TLS and passwords, and what a sync of letters may not say."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reverse_etl.context import SyncContext
from reverse_etl.errors import SyncError
from reverse_etl.letters import Letters
from reverse_etl.sync import apply_sync
from tests.reverse_etl.conftest import MakeSync, Shop
from tests.reverse_etl.mail_server import certificate, mail_server
from tests.reverse_etl.test_email import EMAIL, HTML, SECRET, TEXT

ENVIRONMENT = {"UNSUBSCRIBE_SECRET": SECRET, "SMTP_PASSWORD": "open sesame"}
LOGIN = {"username": "shop", "password": "${SMTP_PASSWORD}"}
CONNECTION: dict[str, Any] = EMAIL["connection"]  # type: ignore[assignment]


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates" / "news"
    folder.mkdir(parents=True)
    (folder / "en.txt").write_text(TEXT.format(subject="News"))
    (folder / "en.html").write_text(HTML)
    return folder


@pytest.fixture
def context(context: SyncContext, templates: Path) -> SyncContext:
    assert templates.is_dir()
    return replace(context, environment=ENVIRONMENT)


class Door:
    """Lets in who knows the password."""

    def __call__(self, _server: Any, _session: Any, _envelope: Any, _way: str, login: Any) -> Any:
        from aiosmtpd.smtp import AuthResult  # noqa: PLC0415 - where it is installed

        known = (login.login, login.password) == (b"shop", b"open sesame")
        return AuthResult(success=known, handled=False)


@pytest.mark.parametrize("password", ["open sesame", "wrong"])
def test_starttls_and_a_password(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path, password: str
) -> None:
    file, tls = certificate(tmp_path)
    shop.named("a", "b")
    with mail_server(
        tls_context=tls, require_starttls=True, auth_required=True, authenticator=Door()
    ) as server:
        address = {"base_url": f"smtp://localhost:{server.port}", "ca_file": file.name}
        sync = make_sync(EMAIL, connection={**CONNECTION, **address, **LOGIN})
        context = replace(context, environment=ENVIRONMENT | {"SMTP_PASSWORD": password})
        result = apply_sync(sync, context)
    if password == "wrong":
        assert (result.status, result.pending, result.accepted) == ("stopped", 2, 0)
        assert result.problem is not None
        assert result.problem.startswith("535")
        assert "sesame" not in result.problem
    else:
        assert (result.accepted, server.safe) == (2, [True, True])


def test_a_server_without_a_certificate_we_trust_gets_nothing(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path, waits: list[float]
) -> None:
    _, tls = certificate(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    file, _ = certificate(other)
    shop.named("a")
    with mail_server(tls_context=tls, require_starttls=True) as server:
        address = {"base_url": f"smtp://localhost:{server.port}", "ca_file": str(file)}
        stopped = apply_sync(make_sync(EMAIL, connection={**CONNECTION, **address}), context)
    assert (stopped.status, stopped.pending, waits, server.asked) == ("stopped", 1, [], [])
    assert stopped.problem is not None
    assert stopped.problem.startswith("no safe connection")


def test_a_server_that_knows_no_tls_gets_nothing(
    shop: Shop, context: SyncContext, make_sync: MakeSync, tmp_path: Path
) -> None:
    file, _ = certificate(tmp_path)
    shop.named("a")
    with mail_server() as server:
        address = {"base_url": f"smtp://localhost:{server.port}", "ca_file": str(file)}
        stopped = apply_sync(make_sync(EMAIL, connection={**CONNECTION, **address}), context)
    assert (stopped.status, stopped.pending, server.asked) == ("stopped", 1, [])


def test_a_server_that_is_away_holds_nothing(
    shop: Shop, context: SyncContext, make_sync: MakeSync
) -> None:
    shop.named("a", "b")
    sync = make_sync(EMAIL)
    for _ in range(2):
        stopped = apply_sync(sync, context)
        assert (stopped.status, stopped.pending, stopped.rejected) == ("stopped", 2, 0)
    with mail_server() as server:
        connection = sync.connection | {"base_url": f"smtp://127.0.0.1:{server.port}"}
        assert apply_sync(replace(sync, connection=connection), context).accepted == 2
    assert len(server.letters) == 2


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"en.txt": None}, "there is no news/en.txt"),
        ({"en.html": None}, "en.txt has no en.html beside it"),
        ({"en.txt": "Hello {{ first_name }}"}, "does not begin with a line 'Subject"),
        ({"en.txt": "Subject: {{ nobody }}\n\nHello"}, "en.txt: 'nobody' is not mapped"),
        ({"en.html": "{{ surname }}"}, "en.html: 'surname' is not mapped"),
        ({"en.html": "{% if %}"}, "en.html: Expected"),
        ({"de.txt": "Subject: Hallo\n\nHallo"}, "de.txt has no de.html beside it"),
    ],
)
def test_a_template_that_is_wrong_is_told_before_anything_is_sent(  # noqa: PLR0917
    shop: Shop,
    context: SyncContext,
    make_sync: MakeSync,
    templates: Path,
    files: Mapping[str, str | None],
    message: str,
) -> None:
    for name, text in files.items():
        if text is None:
            (templates / name).unlink()
        else:
            (templates / name).write_text(text)
    shop.named("a")
    with pytest.raises(SyncError, match=message):
        apply_sync(make_sync(EMAIL), context)


@pytest.mark.parametrize(
    "expression",
    ["().__class__.__mro__", "first_name.__init__.__globals__", "1 / 0", "range(999999999) | list"],
)
def test_a_template_reaches_nothing_but_its_values(templates: Path, expression: str) -> None:
    (templates / "en.html").write_text("{{ " + expression + " }}{{ unsubscribe_url }}")
    letters = Letters(templates.parent, "news", "en", ("first_name",))
    with pytest.raises(Exception, match="cannot be filled in"):
        letters.write({"first_name": "Ada"}, None, "https://example.com/u")


def test_a_letter_that_offers_no_way_out_stops_the_run(
    shop: Shop, context: SyncContext, make_sync: MakeSync, templates: Path
) -> None:
    (templates / "en.html").write_text("{{ first_name }}")
    shop.named("a")
    stopped = apply_sync(make_sync(EMAIL), context)
    assert (stopped.status, stopped.problem) == ("stopped", "the template has no unsubscribe_url")
    shutil.rmtree(templates)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"mode": "mirror"}, "destination email does not offer mode mirror"),
        ({"on_exit": "remove"}, "what was told stays told|'remove' with mode events"),
        ({"mapping": {"id": {"column": "customer_id"}}}, "mapping.email: is missing"),
        ({"ambiguous": "hope"}, "connection.ambiguous: is 'hope'"),
        ({"from": "The Shop"}, "connection.from: is no address"),
        ({"base_url": "https://mail.example.com"}, "connection.base_url: is no SMTP server"),
        ({"base_url": "smtp://me@mail.example.com"}, "connection.base_url: is no SMTP server"),
        ({"unsubscribe_url": "http://example.com/{token}"}, "is no https address"),
        ({"unsubscribe_url": "https://example.com/"}, "is no https address"),
        ({"unsubscribe_url": "https://example.com/ {token}"}, "has spaces or brackets"),
        ({"unsubscribe_secret": "${SHORT}"}, "has fewer than 32 characters"),
        ({"username": "shop"}, "connection.username: goes with password"),
    ],
)
def test_what_a_sync_of_letters_may_not_say(
    shop: Shop, context: SyncContext, make_sync: MakeSync, keys: dict[str, Any], message: str
) -> None:
    shop.named("a")
    settings = {key: value for key, value in keys.items() if key not in EMAIL}
    document = {key: value for key, value in keys.items() if key in EMAIL or key == "on_exit"}
    settings.pop("on_exit", None)
    told = replace(context, environment={**context.environment, "SHORT": "short"})
    with pytest.raises(SyncError, match=message):
        apply_sync(make_sync(EMAIL, connection=CONNECTION | settings, **document), told)
