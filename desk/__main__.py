"""The command ``sendlogs-desk``, and ``python -m desk``.

Small, so that next to nothing is imported before the program can be interrupted in order.
"""

import sys
from collections.abc import Sequence

from config import program_start


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``arguments`` (default: this process's own); return the exit code."""
    program_start.begin()
    from desk import commands

    return commands.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
