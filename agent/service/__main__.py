"""``python -m agent.service [--json]``: the process that stays. A person starts it as ``sendlogs service``.

Windows' service control manager starts it with ``--windows-service``, which ``sendlogs service install`` told it.
"""

import sys

if __name__ == "__main__":
    if sys.platform == "win32" and "--windows-service" in sys.argv[1:]:
        from agent.service import windows

        sys.exit(windows.run())
    from agent.service.resident import main

    sys.exit(main(as_json="--json" in sys.argv[1:]))
