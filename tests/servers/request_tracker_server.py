"""Request Tracker 5 from Debian's packages, with a copy of the database that their installation made."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import requests

from tests.servers.tracker_process import RunningTracker, free_port, needed, run, running, state_folder

_SHARE = Path("/usr/share/request-tracker5")
_DATABASE = Path("/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb")
_SEED = Path(__file__).with_name("request_tracker_seed.pl")
_CONFIGURATION = """
Set($rtname, 'rt.test'); Set($Organization, 'rt.test'); Set($Timezone, 'UTC');
Set($WebDomain, '127.0.0.1'); Set($WebPort, {port}); Set($WebBaseURL, 'http://127.0.0.1:{port}'); Set($WebPath, '');
Set($DatabaseType, 'SQLite'); Set($DatabaseName, '{folder}/rtdb');
Set($MailCommand, 'mbox'); $ENV{{RT_MBOX}} = '{folder}/mbox';
Set($WebSessionClass, 'Apache::Session::File');
Set(%WebSessionProperties, Directory => '{folder}/sessions', LockDirectory => '{folder}/sessions');
Set($LogToSyslog, undef); Set($LogToSTDERR, 'warning'); Set($DevelMode, 0);
1;
"""


@contextmanager
def running_request_tracker() -> Iterator[RunningTracker]:
    """The server; its queue is ``General``."""
    needed(_SHARE.is_dir() and os.access(_DATABASE, os.R_OK), "Request Tracker 5 with SQLite")
    with state_folder("rt") as folder:
        port = free_port()
        for part in ("sessions", "site.d"):
            (folder / part).mkdir()
        shutil.copy(_DATABASE, folder / "rtdb")
        (folder / "RT_SiteConfig.pm").write_text(_CONFIGURATION.format(port=port, folder=folder))
        environment = {
            "RT_SITE_CONFIG": str(folder / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(folder / "site.d"),
        }
        tokens = run(["perl", f"-I{_SHARE}/lib", "-"], folder, environment, _SEED.read_text("utf-8")).split()
        url = f"http://127.0.0.1:{port}"
        argv = [str(_SHARE / "libexec/rt-server"), "--server", "Starlet", "--host", "127.0.0.1", "--port", str(port)]
        with running([*argv, "--max-workers", "2"], f"{url}/REST/2.0/rt", folder / "log", environment, folder):
            ours, theirs, keeper = tokens

            def close(number: str) -> None:
                headers = {"Authorization": f"token {keeper}"}
                path = f"{url}/REST/2.0/ticket/{number}"
                requests.put(path, json={"Status": "resolved"}, headers=headers, timeout=60).raise_for_status()

            yield RunningTracker(
                address=f"{url}/General",
                ours=ours,
                theirs=theirs,
                close=close,
                damage=lambda name: _damage(folder / "rtdb", name),
            )


def _damage(database: Path, name: str) -> None:
    with closing(sqlite3.connect(database, timeout=30)) as opened, opened:
        opened.text_factory = bytes  # RT stores bytes as text
        ((row, content),) = opened.execute("SELECT id, Content FROM Attachments WHERE Filename = ?", [name])
        data = bytearray(content)
        data[-1] ^= 1
        opened.execute("UPDATE Attachments SET Content = CAST(? AS TEXT) WHERE id = ?", [bytes(data), row])
