"""``python -m agent.service [--json]``: the process that stays. A person starts it as ``sendlogs service``."""

import sys

from agent.service.resident import main

if __name__ == "__main__":
    sys.exit(main(as_json="--json" in sys.argv[1:]))
