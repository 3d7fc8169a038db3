"""The service's line keeps the rules of all lines: what it sends, what it takes for an answer, what it refuses."""

import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import certifi
import pytest

from agent.service import line
from agent.service.line import Desk, Line, Trouble, _context


def test_a_call_carries_the_credential_and_gives_the_answer(stand_in, desk: Desk) -> None:
    stand_in.answers["PUT /api/v1/me"] = lambda asked: (200, {"got": asked["value"]})
    with closing(Line(desk)) as line:
        assert line.call("PUT", "/me", {"host": ""}) == {"got": {"host": ""}}
    ((method, path, value, headers),) = stand_in.asked
    assert (method, path, value) == ("PUT", "/api/v1/me", {"host": ""})
    assert headers["Authorization"] == "Bearer " + "c" * 32


def test_a_credential_that_changed_is_used_at_once(stand_in, desk: Desk) -> None:
    stand_in.answers["GET /api/v1/me"] = lambda _: (200, {})
    with closing(Line(desk)) as line:
        line.call("GET", "/me")
        desk.credential_file.write_text("d" * 32)
        line.call("GET", "/me")
    assert [headers["Authorization"][-1] for *_, headers in stand_in.asked] == ["c", "d"]


@pytest.mark.parametrize(
    ("status", "answer", "is_final", "told"),
    [
        (302, {}, False, "points elsewhere"),
        (401, {}, False, "does not know this computer's credential"),
        (404, {}, True, "status 404"),
        (409, {}, True, "status 409"),
        (429, {}, False, "status 429"),
        (503, b"<html>secret</html>", False, "status 503"),
        (200, b"<html>secret</html>", False, "not JSON"),
        (200, b"x" * (2**20 + 1), False, "more than it should"),
    ],
)
def test_what_is_no_answer_is_trouble(stand_in, desk: Desk, status, answer, is_final, told) -> None:
    stand_in.answers["GET /api/v1/me"] = lambda _: (status, answer)
    stand_in.extra_headers = {"Location": "http://127.0.0.1:9/elsewhere"}
    with pytest.raises(Trouble) as caught:
        Line(desk).call("GET", "/me")
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.is_final is is_final
    assert len(stand_in.asked) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("17", 17), ("99999", 3600), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("soon", None), ("-3", None)],
)
def test_what_the_desk_asks_to_wait_is_told(stand_in, desk: Desk, header: str, seconds: float | None) -> None:
    stand_in.answers["GET /api/v1/me"] = lambda _: (503, {})
    stand_in.extra_headers = {"Retry-After": header}
    with pytest.raises(Trouble) as caught:
        Line(desk).call("GET", "/me")
    assert caught.value.wait_seconds == seconds


def test_without_a_credential_nothing_is_asked(stand_in, desk: Desk) -> None:
    desk.credential_file.unlink()
    with pytest.raises(Trouble, match="not enrolled") as caught:
        Line(desk).call("GET", "/me")
    assert caught.value.status == 401
    assert stand_in.asked == []


def test_nothing_goes_unencrypted_to_another_machine(desk: Desk) -> None:
    with pytest.raises(Trouble, match="unencrypted"):
        Line(desk._replace(url="http://desk.example")).call("GET", "/me")


def test_a_desk_that_is_down_is_named(desk: Desk) -> None:
    with pytest.raises(Trouble, match=r"127\.0\.0\.1 refuses connections"):
        Line(desk._replace(url="http://127.0.0.1:1")).call("GET", "/me")


def test_the_proxys_log_in_is_in_no_sentence(desk: Desk) -> None:
    behind = desk._replace(url="https://desk.example", proxy="http://jo:s3cret@127.0.0.1:1")
    with pytest.raises(Trouble, match="through the proxy refuses") as caught:
        Line(behind).call("GET", "/me")
    assert "s3cret" not in str(caught.value)


def test_a_certificate_is_believed_when_the_settings_vouch_for_it(tls_stand_in, desk: Desk, certificate: Path) -> None:
    tls_stand_in.answers["GET /api/v1/me"] = lambda _: (200, {"ok": True})
    vouched = desk._replace(url=tls_stand_in.url, ca_file=certificate)
    with closing(Line(vouched)) as line:
        assert line.call("GET", "/me") == {"ok": True}


def test_certificates_that_were_renewed_need_no_new_service(
    tls_stand_in, desk: Desk, certificate: Path, tmp_path: Path
) -> None:
    tls_stand_in.answers["GET /api/v1/me"] = lambda _: (200, {"ok": True})
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(Path(certifi.where()).read_bytes())
    vouched = desk._replace(url=tls_stand_in.url, ca_file=ca_file)
    with pytest.raises(Trouble, match="is not safe"):
        Line(vouched).call("GET", "/me")
    ca_file.write_bytes(certificate.read_bytes())
    hits = _context.cache_info().hits
    for _ in range(2):
        with closing(Line(vouched)) as line:
            assert line.call("GET", "/me") == {"ok": True}
    assert _context.cache_info().hits == hits + 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_that_nobody_vouches_for_or_for_another_host_ends_the_call(
    tls_stand_in, desk: Desk, certificate: Path, host: str
) -> None:
    ca_file = certificate if host == "localhost" else None
    unknown = desk._replace(url=tls_stand_in.url.replace("127.0.0.1", host), ca_file=ca_file)
    with pytest.raises(Trouble, match="is not safe"):
        Line(unknown).call("GET", "/me")
    assert tls_stand_in.asked == []


def has_paths(monkeypatch: pytest.MonkeyPatch, folder: Path, file: Path) -> None:
    """The system keeps its authorities there."""
    paths = ssl.get_default_verify_paths()._replace(capath=str(folder), cafile=str(file))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep no folder of authorities")
@pytest.mark.parametrize("is_known", [True, False])
def test_the_systems_folder_of_authorities_is_asked_for_the_one_that_signed(
    tls_stand_in, desk: Desk, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    """And of none of the others anything lies in memory; truststore, which loads all, is not needed."""
    asked = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(certificate)]
    name = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip() if is_known else "0" * 8
    (tmp_path / "authorities").mkdir()
    (tmp_path / "authorities" / f"{name}.0").symlink_to(certificate)
    has_paths(monkeypatch, tmp_path / "authorities", certificate)
    monkeypatch.setitem(sys.modules, "truststore", None)
    line._context.cache_clear()
    tls_stand_in.answers["GET /api/v1/me"] = lambda _: (200, {"ok": True})
    try:
        with closing(Line(desk._replace(url=tls_stand_in.url))) as opened:
            if is_known:
                assert opened.call("GET", "/me") == {"ok": True}
            else:
                with pytest.raises(Trouble, match="is not safe"):
                    opened.call("GET", "/me")
    finally:
        line._context.cache_clear()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep no folder of authorities")
@pytest.mark.parametrize(
    ("names", "authorities"),
    [([], 0), (["cert.pem", "0123abcd.r"], 1), (["0123abcd.0"], 2)],
    ids=["empty", "without hashes", "one more in the file alone"],
)
def test_without_a_folder_of_all_truststore_finds_the_authorities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: Path, names: list[str], authorities: int
) -> None:
    (tmp_path / "authorities").mkdir()
    for name in names:
        (tmp_path / "authorities" / name).touch()
    (tmp_path / "authorities.pem").write_bytes(certificate.read_bytes() * authorities)
    has_paths(monkeypatch, tmp_path / "authorities", tmp_path / "authorities.pem")
    assert type(line._trusting_the_system()).__module__.startswith("truststore")


def test_a_ca_file_that_is_none_is_trouble(desk: Desk, tmp_path: Path) -> None:
    missing = desk._replace(url="https://127.0.0.1:1", ca_file=tmp_path / "none.pem")
    with pytest.raises(Trouble, match="cannot be reached"):
        Line(missing).call("GET", "/me")


@pytest.mark.parametrize(
    "drip",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"x",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 100,
    ],
)
def test_an_answer_that_never_ends_is_ended(desk: Desk, drip: bytes) -> None:
    troubles: list[Trouble] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = Line(desk._replace(url=f"http://127.0.0.1:{server.getsockname()[1]}", timeout_seconds=0.5))

        def call() -> None:
            try:
                line.call("GET", "/me")
            except Trouble as trouble:
                troubles.append(trouble)

        calling = threading.Thread(target=call, daemon=True)
        calling.start()
        connection, _ = server.accept()
        began = time.monotonic()
        with connection:
            while calling.is_alive() and time.monotonic() - began < 20:
                line.end_if_late()
                with suppress(OSError):  # hung up on
                    connection.sendall(drip)
                drip = drip[-1:] if b"chunked" in drip else drip
                calling.join(0.05)
    assert not calling.is_alive()
    assert len(troubles) == 1
    assert time.monotonic() - began >= 0.9
