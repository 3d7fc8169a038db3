"""Servers that misbehave on a real socket, and certificates to misbehave with."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.flow import Archive, Consent, TicketDraft
from tests.vendors.faults import Told

_PATIENCE_SECONDS = 10.0  # a server of a failed test ends by itself


class ScriptedServer:
    """Answers each connection in turn by one of the given functions, and keeps what it received."""

    def __init__(
        self,
        scripts: list[Callable[[socket.socket, bytes], None]],
        context: ssl.SSLContext | None,
        *,
        reads_head: bool,
    ) -> None:
        self.received: list[bytes] = []
        self._reads_head = reads_head
        self._scripts = scripts
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(_PATIENCE_SECONDS)
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        for _ in self._scripts:  # closing a socket does not wake who accepts on it; a caller that hangs up does
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._thread.join(_PATIENCE_SECONDS)
        self._listening.close()

    def _serve(self) -> None:
        for script in self._scripts:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            with plain:
                plain.settimeout(_PATIENCE_SECONDS)
                try:
                    connection = self._context.wrap_socket(plain, server_side=True) if self._context else plain
                    with connection:
                        head = self._head(connection) if self._reads_head else b"unread"
                        if head:
                            self.received.append(head)
                            script(connection, head)
                except OSError:  # the client went away, as it should in some of the tests
                    continue

    @staticmethod
    def _head(connection: socket.socket) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(1)
            if not piece:
                break
            head += piece
        return head


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """Starts a server on loopback that answers one connection per script."""
    running: list[ScriptedServer] = []

    def start(
        *scripts: Callable[[socket.socket, bytes], None],
        context: ssl.SSLContext | None = None,
        reads_head: bool = True,
    ) -> ScriptedServer:
        running.append(ScriptedServer(list(scripts), context, reads_head=reads_head))
        return running[-1]

    yield start
    for server in running:
        server.close()


@dataclass(frozen=True)
class Certificates:
    """A test issuer, and servers' certificates that it signed."""

    folder: Path
    issuer: Path

    def server(self, host: str, *, days: int = 2, self_signed: bool = False) -> ssl.SSLContext:
        """A server's context with a certificate for ``host``; with negative days it has expired."""
        key, certificate, names = (self.folder / f"{host}{days}{self_signed}.{end}" for end in ("key", "pem", "ext"))
        names.write_text(f"subjectAltName=DNS:{host}")
        request = self.folder / "request"
        _openssl("req", *_NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={host}")
        signer = ["-signkey", key] if self_signed else ["-CA", self.issuer, "-CAkey", self.folder / "issuer.key"]
        serial = [] if self_signed else ["-CAcreateserial"]
        _openssl(
            "x509", "-req", "-in", request, *signer, *serial, "-days", days, "-extfile", names, "-out", certificate
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made on the spot by openssl, so that no key lies in the source tree."""
    if shutil.which("openssl") is None:
        assert os.environ.get("CI") != "true", "openssl is not installed"
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    issuer = folder / "issuer.pem"
    _openssl(
        "req", "-x509", *_NEW_KEY, "-keyout", folder / "issuer.key", "-out", issuer, "-subj", "/CN=Test", "-days", 2
    )
    return Certificates(folder=folder, issuer=issuer)


@pytest.fixture
def told(
    make_archive: Callable[..., Archive],
    draft_for: Callable[[Archive], TicketDraft],
    agree: Callable[[Archive], Consent],
) -> Told:
    """A ticket, an archive and the consent to it, as a delivery has them."""
    archive = make_archive()
    return draft_for(archive), archive, agree(archive)
