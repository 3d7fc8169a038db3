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
from agent.watch import snapshot


def main() -> int:
    """Copy the ends of the logs that standard input names; tell the copy's id on standard output."""
    told = json.loads(sys.stdin.buffer.readline())
    at = datetime.fromtimestamp(float(told["at"]), UTC)
    try:
        folder = snapshot.take(Path(told["state"]), str(told["profile"]), told["logs"], Path(told["crash"]), at)
    except AgentError as error:
        sys.stdout.write(json.dumps({"event": "failed", "sentence": str(error)}) + "\n")
        return error.exit_code
    sys.stdout.write(json.dumps({"event": "result", "crash_id": folder.name}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
