"""``python -m agent.readers KIND FILE``: the file's text on standard output, what it leaves out on standard error.

Exit code 3 with a sentence on standard error is a refusal; any other code but 0 is a failure.
"""

from __future__ import annotations

import sys
from pathlib import Path

from agent.readers import EXIT_REFUSED, CannotRead


def main(words: list[str]) -> int:
    """Read as ``words`` say."""
    kind, file = words
    if kind == "database":
        from agent.readers.database import write_rows as write
    else:
        from agent.readers.event_log import write_events as write
    try:
        left_out = write(Path(file), sys.stdout.buffer)
    except CannotRead as refusal:
        sys.stderr.write(str(refusal))
        return EXIT_REFUSED
    sys.stderr.write(left_out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
