"""The errand of the service that keeps the logs around a crash: ``python -m agent.watch snapshot``, in a hurry.

Told and telling as every errand (``agent.cli.errands``), but not one of those: the command line and the settings would
take as long to import as all of this takes.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from agent.errors import AgentError
from agent.watch import snapshot, unit_failures


def main() -> int:
    """Copy the ends of the logs that standard input names; tell the copy's id, and the crash, on standard output.

    Where it names units that started or stopped in place of a crash, only if one of them failed; else both are empty.
    """
    told = json.loads(sys.stdin.buffer.readline())
    crash = told.get("crash") or unit_failures.failed(told["units"])
    if crash is None:
        _tell({"event": "result", "crash_id": "", "crash": ""})
        return 0
    at = datetime.fromtimestamp(float(told["at"]), UTC)
    try:
        folder = snapshot.take(Path(told["state"]), str(told["profile"]), told["logs"], crash, at)
    except AgentError as error:
        _tell({"event": "failed", "sentence": str(error), "crash": crash})
        return error.exit_code
    _tell({"event": "result", "crash_id": folder.name, "crash": crash})
    return 0


def _tell(event: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")


if __name__ == "__main__":
    sys.exit(main())
