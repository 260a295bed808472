"""mitmproxy in front of a server, bringing about faults on the way there and back."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.reverse_etl.servers import free_port, running, server_environment

REQUIREMENTS = """
aioquic==1.2.0 asgiref==3.8.1 attrs==26.1.0 blinker==1.9.0 Brotli==1.1.0 certifi==2026.10.18 cffi==2.1.1
click==8.5.1 cryptography==44.0.3 Flask==3.1.0 h11==0.14.0 h2==4.1.0 hpack==4.2.0 hyperframe==6.0.1
itsdangerous==2.2.0 Jinja2==3.1.6 kaitaistruct==0.10 ldap3==2.9.1 MarkupSafe==3.0.4 mitmproxy==11.0.2
mitmproxy_rs==0.10.7 msgpack==1.1.0 passlib==1.7.4 publicsuffix2==2.20191221 pyasn1==0.6.5
pyasn1_modules==0.4.2 pycparser==3.12 pylsqpack==0.3.24 pyOpenSSL==24.3.0 pyparsing==3.2.0 pyperclip==1.9.0
ruamel.yaml==0.18.6 ruamel.yaml.clib==0.2.15 service-identity==24.2.0 sortedcontainers==2.4.0 tornado==6.4.2
typing_extensions==4.16.0 urwid==2.6.16 wcwidth==0.9.4 Werkzeug==3.1.9 wsproto==1.2.0 zstandard==0.23.0
"""
ADDON = Path(__file__).with_name("mitm_addon.py")


@dataclass(frozen=True)
class Way:
    """The way to a server.

    Attributes:
        port: Where it begins.
        faults: The file in which the next faults stand.
    """

    port: int
    faults: Path

    def plan(self, *faults: str | None) -> None:
        """Let the next requests or connections have these faults and no others."""
        self.faults.write_text(json.dumps(faults))

    def brought_about(self) -> list[str]:
        """The faults there were so far."""
        done = self.faults.with_suffix(".done")
        return done.read_text().splitlines() if done.exists() else []


@contextmanager
def way_to(server: str, folder: Path) -> Iterator[Way]:
    """A way to a server, `http://host:port` or `tcp://host:port`, without faults at first."""
    programs = server_environment("mitmproxy", REQUIREMENTS)
    folder.mkdir()
    way = Way(free_port(), folder / "faults")
    way.plan()
    options = {"confdir": folder, "keep_host_header": "true"}
    listen = ("--listen-host", "127.0.0.1", "--listen-port", str(way.port))
    settings = [word for name, value in options.items() for word in ("--set", f"{name}={value}")]
    command = [programs / "mitmdump", "--quiet", "--mode", f"reverse:{server}", *listen, *settings]
    environment = os.environ | {"FAULTS": str(way.faults)}
    with running([*command, "-s", ADDON], way.port, folder / "log", environment):
        yield way
