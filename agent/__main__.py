"""The command ``sendlogs``, and ``python -m agent``.

Small, so that next to nothing is imported before the program can be interrupted in order.
"""

import sys

from config import program_start


def main() -> int:
    """Run this process's own arguments; return the exit code."""
    program_start.begin()
    from agent import cli

    code = cli.main()
    program_start.end()
    return code


if __name__ == "__main__":
    sys.exit(main())
