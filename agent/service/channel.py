"""The service's door for the person's own programs: a Unix socket that answers questions in JSON lines.

    STATE/service/channel    a socket in an owner-only folder

A program connects, writes one line (``{"version": 1, "ask": …}``), gets one line, and is hung up on. Only the
service's own user and root are served, by what the kernel says of the other side (``SO_PEERCRED``), not by what it
says of itself. A program that is silent, slow or long-winded is hung up on as well, and keeps nobody waiting
meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agent.service.loop import Loop

VERSION = 1
LONGEST_LINE_BYTES = 2**16
_PATIENCE_SECONDS = 5.0
_MOST_PEERS = 16
_ROOT_UID = 0

Answer = Callable[[dict[str, Any], int], dict[str, Any]]
"""Makes the answer to a question of the user with that number; raises ``ValueError`` with a sentence."""


class _Peer:
    def __init__(self, connection: socket.socket, uid: int) -> None:
        self.connection, self.uid = connection, uid
        self.received, self.to_send = b"", b""

    @property
    def name(self) -> str:
        return f"peer {id(self)}"


def socket_path(state: Path) -> Path:
    """Where the socket of a state folder lies."""
    return state / "service" / "channel"


def is_supported() -> bool:
    """Whether this system tells who is at the other side of a socket."""
    return hasattr(socket, "SO_PEERCRED")


class Channel:
    """The open door. Raise ``OSError`` when it cannot be opened."""

    def __init__(self, state: Path, loop: Loop, answer: Answer) -> None:
        self._loop, self._answer = loop, answer
        self._path = socket_path(state)
        self._peers: dict[str, _Peer] = {}
        self._path.unlink(missing_ok=True)  # a killed service's; whoever holds the lock is alone here
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._door.bind(str(self._path))
        except OSError:
            self._door.close()
            raise
        self._path.chmod(0o600)
        self._door.listen(_MOST_PEERS)
        self._door.settimeout(0)
        loop.watch(self._door, self._come_in)

    def close(self) -> None:
        """Close the door."""
        for peer in list(self._peers.values()):
            self._hang_up(peer)
        self._loop.unwatch(self._door)
        self._door.close()
        self._path.unlink(missing_ok=True)

    def _come_in(self) -> None:
        with contextlib.suppress(OSError):  # gone again
            connection, _ = self._door.accept()
            uid = _uid_of(connection)
            if uid not in (os.geteuid(), _ROOT_UID) or len(self._peers) >= _MOST_PEERS:
                connection.close()
                return
            connection.settimeout(0)
            peer = _Peer(connection, uid)
            self._peers[peer.name] = peer
            self._loop.watch(connection, lambda: self._read(peer))
            self._loop.at(peer.name, _PATIENCE_SECONDS, lambda: self._hang_up(peer))

    def _read(self, peer: _Peer) -> None:
        try:
            data = peer.connection.recv(LONGEST_LINE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        peer.received += data
        line, end, _ = peer.received.partition(b"\n")
        if end:
            peer.to_send = json.dumps(self._answered(line, peer.uid)).encode() + b"\n"
            self._loop.unwatch(peer.connection)
            self._loop.watch(peer.connection, lambda: self._write(peer), writing=True)
        elif not data or len(peer.received) > LONGEST_LINE_BYTES:
            self._hang_up(peer)

    def _answered(self, line: bytes, uid: int) -> dict[str, Any]:
        try:
            asked = json.loads(line)
            if not isinstance(asked, dict) or asked.get("version") != VERSION:
                raise ValueError(f"The service speaks version {VERSION} of its channel: update the older of the two.")
            answer = self._answer(asked, uid)
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            return {"version": VERSION, "error": "That is no question."}
        except ValueError as no:
            return {"version": VERSION, "error": str(no)}
        except OSError as error:
            return {"version": VERSION, "error": f"The disk does not keep that answer: {error.strerror}."}
        return {"version": VERSION, **answer}

    def _write(self, peer: _Peer) -> None:
        try:
            peer.to_send = peer.to_send[peer.connection.send(peer.to_send) :]
        except BlockingIOError:
            return
        except OSError:
            peer.to_send = b""
        if not peer.to_send:
            self._hang_up(peer)

    def _hang_up(self, peer: _Peer) -> None:
        if self._peers.pop(peer.name, None) is not None:
            self._loop.forget(peer.name)
            self._loop.unwatch(peer.connection)
            peer.connection.close()


def _uid_of(connection: socket.socket) -> int:
    """Whose process is at the other side, as the kernel knows it (``struct ucred`` of unix(7))."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def ask(state: Path, question: str, more: Mapping[str, object], timeout_seconds: float = 10.0) -> dict[str, Any]:
    """What the service of that state folder answers. Raise ``ConnectionError`` when none runs, ``ValueError`` for a no.

    Raise ``OSError`` also where the folder is another user's.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_seconds)
        connection.connect(str(socket_path(state)))
        connection.sendall(json.dumps({"version": VERSION, "ask": question, **more}).encode() + b"\n")
        received = b""
        while not received.endswith(b"\n"):
            if not (data := connection.recv(2**16)):
                raise ConnectionError("the service hung up")
            received += data
    answer = json.loads(received)
    if not isinstance(answer, dict) or "error" in answer:
        raise ValueError(answer["error"] if isinstance(answer, dict) else "That is no answer.")
    return answer
