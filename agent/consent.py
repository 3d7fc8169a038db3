"""Who must agree before anything leaves, and the record that they did.

What a person agrees to is a finished archive, named by its SHA-256: the same hash stands in this record, in
the request to the endpoint and in the receipt, so that the preview is provably what was sent. A request
made at the command line always needs the person there: an answer at the terminal, or ``--yes``, which is
theirs. The policy (``Plan.consent``) decides for requests that come from elsewhere; where it has the person
asked, theirs is the same: "asked" of a file that was kept for them to look at, "flag" where none was (decision 92).
"""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Literal

from agent.flow import Archive, Consent


def person() -> str:
    """The log-in name of whoever runs this program; "unknown" where the system cannot tell."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in the database, and no environment that names one
        return "unknown"


def given(archive: Archive, how: Literal["asked", "flag", "notified", "policy"], now: datetime) -> Consent:
    """The record that exactly ``archive`` may leave; ``now`` is aware UTC."""
    by = person() if how in ("asked", "flag") else "policy"
    return Consent(archive_sha256=archive.sha256, given_by=by, how=how, given_at=now)
