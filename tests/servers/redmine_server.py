"""Redmine 5 from Debian's packages, with a copy of the database that their installation made."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import requests

from tests.servers.tracker_process import RunningTracker, free_port, needed, rot, run, running, state_folder

_SHARE = Path("/usr/share/redmine")
_INSTANCES = Path("/var/lib/redmine")
_DATABASE = Path("/var/lib/dbconfig-common/sqlite3/redmine/instances/default/redmine_default")
_SEED = Path(__file__).with_name("redmine_seed.rb")
_DATABASE_YML = "production:\n  adapter: sqlite3\n  database: {folder}/db.sqlite3\n  encoding: utf8\n  timeout: 10000\n"
_CLOSED_STATUS = 5  # of the default data
# Debian 12's Ruby was updated to a Bundler that refuses Debian's own gems; the one before it is there as well.
_BUNDLER_VERSION = "2.3.15"


@contextmanager
def running_redmine(limit_kb: int = 2**20) -> Iterator[RunningTracker]:
    """The server; its project is ``support``, and an attachment may have ``limit_kb`` (in 1024 bytes)."""
    installed = _SHARE.is_dir() and os.access(_DATABASE, os.R_OK) and os.access(_INSTANCES, os.W_OK)
    needed(installed and shutil.which("puma"), "Redmine 5 with SQLite and puma")
    with state_folder("redmine") as folder, _instance(folder) as instance:
        port = free_port()
        environment = {
            "BUNDLER_VERSION": _BUNDLER_VERSION,
            "REDMINE_INSTANCE": instance,
            "RAILS_ENV": "production",
            "ATTACHMENT_LIMIT_KB": str(limit_kb),
        }
        printed = run(["bundle", "exec", "rails", "runner", str(_SEED)], _SHARE, environment)
        ours, theirs, keeper = printed.split()[-3:]
        url = f"http://127.0.0.1:{port}"
        argv = ["puma", "-e", "production", "-b", f"tcp://127.0.0.1:{port}", "-t", "2:4", "--dir", str(_SHARE)]
        with running([*argv, str(_SHARE / "config.ru")], f"{url}/login", folder / "log/puma", environment, _SHARE):

            def close(number: str) -> None:
                headers, told = {"X-Redmine-API-Key": keeper}, {"issue": {"status_id": _CLOSED_STATUS}}
                requests.put(f"{url}/issues/{number}.json", json=told, headers=headers, timeout=60).raise_for_status()

            yield RunningTracker(
                address=f"{url}/projects/support",
                ours=ours,
                theirs=theirs,
                close=close,
                damage=lambda name: _damage(folder, name),
            )


@contextmanager
def _instance(folder: Path) -> Iterator[str]:
    """Debian's Redmine looks for an instance's files below one folder, by the instance's name."""
    for part in ("config", "files", "log", "tmp/pids", "tmp/cache", "public/plugin_assets"):
        (folder / part).mkdir(parents=True)
    shutil.copy(_DATABASE, folder / "db.sqlite3")
    (folder / "config/database.yml").write_text(_DATABASE_YML.format(folder=folder))
    (folder / "config/secret_key.txt").write_text(secrets.token_hex(32))
    name = folder.name
    link = _INSTANCES / name
    link.symlink_to(folder)
    try:
        yield name
    finally:
        link.unlink()


def _damage(folder: Path, name: str) -> None:
    with closing(sqlite3.connect(folder / "db.sqlite3", timeout=30)) as opened:
        asked = "SELECT disk_directory, disk_filename FROM attachments WHERE filename = ?"
        ((place, file),) = opened.execute(asked, [name]).fetchall()
    rot(folder / "files" / (place or "") / file)
