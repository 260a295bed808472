"""A Tryton server with its marketing modules, in a database of its own, and what a clerk sees and does there."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.reverse_etl.servers import free_port, running, server_environment

# What one trytond with its marketing modules needs, and nothing that tests do not reach.
REQUIREMENTS = """
argon2-cffi==25.1.0 argon2-cffi-bindings==26.2.0 cffi==2.1.1 defusedxml==0.7.1 Genshi==0.7.12 lxml==6.1.3
MarkupSafe==3.0.4 polib==1.2.0 puremagic==1.30 pwdlib==0.3.1 pycparser==3.12 python-dateutil==4.0.0
python-sql==1.8.1 python-stdnum==2.2 relatorio==1.0.0 simpleeval==1.0.8 tzdata==2026.6 Werkzeug==3.1.9
trytond==8.2.1 trytond_country==8.2.0 trytond_marketing==8.2.0 trytond_marketing_email==8.2.0
trytond_party==8.2.0 trytond_web_shortener==8.2.0 trytond_web_user==8.2.0
"""
MODULES = ("party", "marketing", "marketing_email")
DATABASE, PASSWORD = "crm", "secret-of-the-clerk"
OURS = "perennial"
CONFIG = """
[database]
uri = sqlite://
path = {folder}
[web]
listen = 127.0.0.1:{port}
[session]
authentications = password
"""


@dataclass
class Crm:
    """A running server, asked as its administrator.

    Attributes:
        url: Where it is.
        folder: Where its database lies.
        log: What it printed.
    """

    url: str
    folder: Path
    log: Path
    _session: httpx.Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._session = httpx.Client(base_url=self.url, timeout=60)
        user, session, *_ = self.call("common.db.login", "admin", {"password": PASSWORD})
        self._session.auth = _Session(f"admin:{user}:{session}")

    def call(self, method: str, *arguments: Any) -> Any:
        """What a method answers."""
        asked = {"id": 0, "method": method, "params": arguments}
        said = self._session.post(f"/{DATABASE}/rpc/", json=asked).json()
        assert "error" not in said, (method, said["error"])
        return said["result"]

    def make(self, model: str, *records: dict[str, Any]) -> list[int]:
        """Records made by a clerk."""
        made: list[int] = self.call(f"model.{model}.create", records, {})
        return made

    def found(self, model: str, *domain: Any, fields: list[str]) -> list[dict[str, Any]]:
        """Records as a clerk sees them, archived ones too."""
        asked = (domain, 0, None, [("id", "ASC")], [*fields, "active"], {"active_test": False})
        rows: list[dict[str, Any]] = self.call(f"model.{model}.search_read", *asked)
        return rows

    def new_list(self, name: str) -> int:
        """A mailing list."""
        return self.make("marketing.email.list", {"name": name, "language": 1})[0]

    def addresses(self, list_id: int) -> set[str]:
        """Who gets the letters of a list."""
        held = self.found("marketing.email", ("list_", "=", list_id), fields=["email"])
        return {entry["email"] for entry in held if entry["active"]}

    def parties(self, *domain: Any) -> dict[str, tuple[str, tuple[str, ...], bool]]:
        """Name, e-mail addresses and whether it is there, of parties by code."""
        fields = ["code", "name", "contact_mechanisms.type", "contact_mechanisms.value"]
        return {
            one["code"]: (
                one["name"],
                tuple(each["value"] for each in one["contact_mechanisms."] if each["type"] == "email"),
                bool(one["active"]),
            )
            for one in self.found("party.party", *domain, fields=fields)
        }  # fmt: skip

    def requests(self) -> int:
        """How many there were, by the server's own log."""
        return self.log.read_text().count("POST /")


class _Session(httpx.Auth):
    def __init__(self, name: str) -> None:
        self._name = name

    def auth_flow(self, request: httpx.Request) -> Iterator[Any]:
        basic = httpx.BasicAuth(*self._name.split(":", 1))
        header = next(basic.auth_flow(request)).headers["authorization"]
        request.headers["authorization"] = header.replace("Basic", "Session")
        yield request


@contextmanager
def trytond(folder: Path) -> Iterator[Crm]:
    """A server with a new database and a user `perennial` who may keep lists and erase people."""
    programs = server_environment("trytond", REQUIREMENTS)
    port, config, password = free_port(), folder / "trytond.conf", folder / "password"
    config.write_text(CONFIG.format(folder=folder, port=port))
    password.write_text(PASSWORD)
    (folder / f"{DATABASE}.sqlite").touch()
    admin = [programs / "trytond-admin", "-c", config, "-d", DATABASE]
    for words in (
        ["--all", "--email", "admin@example.com"],
        ["-u", *MODULES, "--activate-dependencies"],
    ):
        environment = os.environ | {"TRYTONPASSFILE": str(password)}
        subprocess.run([*admin, *words], check=True, capture_output=True, env=environment)
    server = [programs / "trytond", "-c", config, "-d", DATABASE]
    with running(server, port, folder / "log") as _:
        crm = Crm(f"http://127.0.0.1:{port}", folder, folder / "log")
        names = ["Marketing", "Party Administration"]
        groups = crm.found("res.group", ("name", "in", names), fields=["name"])
        user = {"name": OURS, "login": OURS, "email": "perennial@example.com", "password": PASSWORD}
        crm.make("res.user", user | {"groups": [["add", [one["id"] for one in groups]]]})
        yield crm
