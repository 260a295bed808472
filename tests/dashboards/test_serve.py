import http.client
import threading
from collections.abc import Iterator

import pytest

from audiences.errors import InputError, WorkError
from dashboards.serve import server


@pytest.fixture
def port(site) -> Iterator[int]:
    with server(site, 0) as pages:
        thread = threading.Thread(target=pages.serve_forever)
        thread.start()
        yield pages.server_port
        pages.shutdown()
        thread.join()


def get(port: int, path: str, host: str = "127.0.0.1") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers={"Host": host, "Connection": "close"})
    answer = connection.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def test_pages_are_served_with_their_headers(port):
    answer = get(port, "/")
    assert answer.status == 200
    assert b"Customer lifecycle" in answer.body
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/published/", "/assets/", "/.hidden", "/../../etc/hostname", "/%2e%2e/%2e%2e/x"]
)
def test_nothing_but_files_of_the_site_is_served(port, path):
    assert get(port, path).status == 404


def test_another_host_name_is_refused(port):
    assert get(port, "/", host="rebound.example.com").status == 421
    assert get(port, "/", host=f"localhost:{port}").status == 200


def test_a_missing_site_and_a_taken_port_are_said_in_words(tmp_path, site, port):
    with pytest.raises(WorkError, match="no dashboard is built yet"):
        server(tmp_path, 0)
    with pytest.raises(InputError, match=f"port {port} cannot be used"):
        server(site, port)
