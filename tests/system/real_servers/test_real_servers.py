"""Bundles of a real nginx and a real PostgreSQL, taken under traffic full of planted secrets.

The program is started as a person starts it; nothing of ours is imported. No planted secret may be anywhere
in the archive: not in its bytes, its members, their names, or the manifest. What diagnosis needs must be
there: every line in its place, with its time and its status.
"""

import re

import pytest

pytestmark = pytest.mark.server

# The time, the path and the number of the request, the status and the size of every line.
NGINX_LINE = re.compile(
    r'\[(?P<time>[^]]+)\] "GET (?P<path>/\w+)\?n=(?P<number>\d+).* HTTP/1\.1" (?P<status>\d{3}) (?P<size>\d+) '
)
# The time, the process and the kind of every line, as in "2026-03-14 09:26:53.589 UTC [4711] … ERROR:".
POSTGRESQL_LINE = re.compile(
    r"^(?P<time>[\d-]+ [\d:.]+ \w+) \[(?P<process>\d+)\] .*?(?P<kind>LOG|FATAL|ERROR|WARNING|STATEMENT|HINT|DETAIL):  "
)
LINES = 60


@pytest.fixture(params=["nginx", "postgresql"])
def server(request):
    """Each of the two servers."""
    return request.getfixturevalue(request.param)


def assert_same_lines(pattern, server, redacted):
    """Line by line, what the pattern names is in the bundle what it was in the log, which has grown since."""
    original = server.log.read_text().splitlines()
    assert LINES <= len(redacted) <= len(original)
    # The last line may have been half written when it was read.
    for number, (before, after) in enumerate(zip(original, redacted[:-1], strict=False), 1):
        assert pattern.search(before), f"line {number} is of a kind unknown to this test: {before}"
        assert pattern.search(after), f"line {number} lost its form: {after}"
        assert pattern.search(before).groupdict() == pattern.search(after).groupdict(), f"line {number}"


def test_the_secrets_are_in_the_logs_of_the_servers(server, planted_in):
    """Else the tests below would prove nothing."""
    server.use(LINES)
    assert planted_in(server.logs) == server.planted


def test_a_bundle_of_nginx_under_traffic_tells_every_request_and_no_secret(nginx, bundle):
    nginx.use(LINES)
    with nginx.traffic():
        found = bundle("nginx", nginx.logs)
    assert not found.secrets()
    redacted = found.log("planted-access.log")
    assert_same_lines(NGINX_LINE, nginx, redacted)
    assert {NGINX_LINE.search(line)["status"] for line in redacted[:LINES]} == {"200", "404", "502"}
    assert "connect() failed (111: Connection refused)" in "\n".join(found.log("planted-error.log"))
    assert found.manifest["product"] == "nginx"


def test_a_bundle_of_postgresql_under_traffic_tells_every_statement_and_no_secret(postgresql, bundle):
    postgresql.use(LINES)
    with postgresql.traffic():
        found = bundle("postgresql", postgresql.logs)
    assert not found.secrets()
    redacted = found.log("planted-postgresql.log")
    assert_same_lines(POSTGRESQL_LINE, postgresql, redacted)
    text = "\n".join(redacted)
    for kept in ("ERROR:  division by zero", "ALTER ROLE app PASSWORD", "INSERT INTO accounts VALUES"):
        assert kept in text
    assert found.manifest["product"] == "PostgreSQL"
