"""Roundup 2 from the package index, in an environment of its own that ``make test-servers`` makes."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import requests

from tests.servers.tracker_process import RunningTracker, free_port, needed, rot, run, running, state_folder

_PROGRAMS = Path(__file__).parents[2] / ".roundup/bin"
_KEEPER = "admin:keepers-password"
_TOKENS = ("device-1:first-password", "device-2:second-password")


@contextmanager
def running_roundup(calls_per_minute: int = 0) -> Iterator[RunningTracker]:
    """The server with the classic template, SQLite, and a limit of REST calls per account (0: none)."""
    needed((_PROGRAMS / "roundup-server").exists(), "Roundup 2")
    with state_folder("roundup") as parent:
        folder, port = parent / "tracker", free_port()
        url = f"http://127.0.0.1:{port}/support"
        admin = [str(_PROGRAMS / "roundup-admin"), "-i", str(folder)]
        run([*admin, "install", "classic", "sqlite"], parent)
        _configure(folder / "config.ini", f"{url}/", calls_per_minute)
        run([*admin, "initialise", _KEEPER.partition(":")[2]], parent)
        for name, _, password in (token.partition(":") for token in _TOKENS):
            told = [f"username={name}", f"address={name}@roundup.test", f"password={password}", "roles=User"]
            run([*admin, "-u", _KEEPER, "create", "user", *told], parent)
        parent.chmod(0o755)
        options = _as_nobody(parent)
        server = [str(_PROGRAMS / "roundup-server"), *options, "-n", "127.0.0.1", "-p", str(port), "-t", "fork"]
        with running([*server, f"support={folder}"], f"{url}/rest", parent / "log", {}, parent):
            yield RunningTracker(
                address=url,
                ours=_TOKENS[0],
                theirs=_TOKENS[1],
                close=lambda number: _close(url, number),
                damage=lambda name: _damage(folder, name),
            )


def _as_nobody(folder: Path) -> list[str]:
    """Roundup refuses to serve as root."""
    if os.geteuid() != 0:
        return []
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, "nobody", "nogroup")
    return ["-u", "nobody", "-g", "nogroup"]


def _configure(file: Path, url: str, calls_per_minute: int) -> None:
    text = file.read_text("utf-8")
    mail = file.parent / "mail"
    for key, value in {
        "web": url,
        "admin_email": "admin@roundup.test",
        "domain": "roundup.test",
        "host": "localhost",
        "api_calls_per_interval": str(calls_per_minute),
        "api_interval_in_sec": "60",
    }.items():
        text, changed = re.subn(rf"(?m)^#?{key} *=.*$", f"{key} = {value}", text, count=1)
        assert changed, key
    head, section, rest = text.partition("[mail]\n")
    rest, changed = re.subn(r"(?m)^#?debug *=.*$", f"debug = {mail}", rest, count=1)
    assert section, file
    assert changed, file
    file.write_text(head + section + rest, "utf-8")


def _close(url: str, number: str) -> None:
    name, _, password = _KEEPER.partition(":")
    with requests.Session() as keeper:
        keeper.auth = (name, password)
        keeper.headers.update({"X-Requested-With": "test", "Referer": f"{url}/", "Origin": url.rpartition("/")[0]})
        path = f"{url}/rest/data/issue/{number}"
        seen = keeper.get(path, timeout=60).headers["ETag"]
        told = {"@op": "replace", "status": "resolved"}
        keeper.patch(path, json=told, headers={"If-Match": seen}, timeout=60).raise_for_status()


def _damage(tracker: Path, name: str) -> None:
    with closing(sqlite3.connect(tracker / "db/db", timeout=30)) as opened:
        ((number,),) = opened.execute("SELECT id FROM _file WHERE _name = ?", [name]).fetchall()
    (stored,) = (tracker / "db/files/file").rglob(f"file{number}")
    rot(stored)
