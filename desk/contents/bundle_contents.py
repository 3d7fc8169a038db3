"""What is inside a bundle, asked of ``archive_reader`` with a time limit, and kept, since a bundle never changes.

The answer about a hostile archive is a refusal with a sentence, which is kept and shown like any other answer. A
failure of the moment (a time-out on a busy computer, a file that is away) is shown, and the next look asks again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any

from desk.contents.archive_reader import EXIT_FAILED, EXIT_REFUSED
from desk.contents.manifest_told import told
from desk.contents.report_elements import foreign_elements
from desk.models import Bundle
from desk.uploads.bundle_bytes import BytesAway, on_disk

_TIME_LIMIT_SECONDS = 40  # a little over the reader's own limit of processor time
# Each reader may take a gigabyte; champions beyond the third wait for their turn.
_READERS = threading.BoundedSemaphore(3)


class NotShown(Exception):
    """A sentence that says why a bundle, or a part of it, is not shown."""


class NotShownNow(NotShown):
    """The same, where a later look may find otherwise."""


def contents_of(bundle: Bundle) -> dict[str, Any]:
    """``{"members", "members_in_all", "manifest", "signature", "problem"}``; the last says what cannot be read."""
    if bundle.contents is None:
        try:
            read = json.loads(_ask_reader("contents", bundle))
        except NotShownNow as not_shown:
            return _nothing_but(str(not_shown))
        except NotShown as not_shown:
            bundle.contents = _nothing_but(str(not_shown))
        else:
            bundle.contents = {
                "members": read["members"],
                "members_in_all": read["members_in_all"],
                "manifest": told(read["manifest"]),
                "problem": read["manifest_problem"],
                "signature": read.get("signature"),
            }
        bundle.save(update_fields=["contents"])
    contents: dict[str, Any] = bundle.contents
    return contents


def _nothing_but(problem: str) -> dict[str, Any]:
    return {"members": [], "members_in_all": 0, "manifest": told(None), "signature": None, "problem": problem}


def text_of(bundle: Bundle, index: int, offset: int) -> bytes:
    """One page, as UTF-8, of the file with that place in the archive. Raise ``NotShown``."""
    return _ask_reader("text", bundle, str(index), str(offset))


def whole_of(bundle: Bundle, index: int) -> bytes:
    """A small file, as it is. Raise ``NotShown``, also where it is not small."""
    return _ask_reader("whole", bundle, str(index))


def report_of(bundle: Bundle, index: int) -> bytes:
    """The report, as UTF-8 whatever it claims to be. Raise ``NotShown``, also for one that is more than a report."""
    # Decoded first: a browser believes a mark of UTF-16 more than what it is told, and would read another text.
    report = whole_of(bundle, index).decode("utf-8", "replace")
    if foreign_elements(report):
        raise NotShown("It holds more than words, tables and drawings.")
    return report.encode()


def report_index(contents: dict[str, Any]) -> int | None:
    """The place of the report, if there is one to read."""
    found = (entry["index"] for entry in contents["members"] if entry["path"] == "report.html" and entry["readable"])
    return next(found, None)


def _ask_reader(verb: str, bundle: Bundle, *words: str) -> bytes:
    try:
        file = on_disk(bundle)
    except BytesAway as away:
        raise NotShownNow(str(away)) from None
    # -P: the current folder, whatever lies in it, is no place to import from.
    command = [sys.executable, "-P", "-m", "desk.contents.archive_reader", verb, str(file), *words]
    try:
        with _READERS:
            done = subprocess.run(command, capture_output=True, timeout=_TIME_LIMIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise NotShownNow("It takes longer to read than a bundle may.") from None
    if done.returncode == EXIT_REFUSED:
        raise NotShown(done.stderr.decode("utf-8", "replace")[:200])
    if done.returncode == EXIT_FAILED:
        raise NotShownNow("The desk's storage could not be read.")
    if done.returncode != 0:
        raise NotShownNow("It takes more time or memory to read than a bundle may.")  # ended by the operating system
    return done.stdout
