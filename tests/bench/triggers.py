"""What each group of triggers costs RE2: the first megabytes, while its automaton is built, and once it is there.

The first thing to look at when redaction has become slow, and after a rule was added: with logs and with prose, since
an automaton that fits in its memory for the one may not for the other (decision 96). A group of much more than 3 ms a
megabyte holds a trigger whose matches stay open, or one that begins with something common.

    python -I tests/bench/triggers.py [sparse|dense|mixed|FILE]
"""

import sys
import time
from pathlib import Path

from agent.redact import load_rules
from agent.redact.asked_rules import RulesByTrigger
from agent.redact.picking.re2_picker import FoundLines, Re2Group, Re2Picker
from agent.redact.stream import BLOCK_BYTES
from tests.bench import logs


def milliseconds(group: Re2Group, data: bytes) -> tuple[float, int]:
    """CPU time for a megabyte, and the number of lines found."""
    started, lines = time.process_time(), 0
    for at in range(0, len(data), BLOCK_BYTES):
        found: FoundLines = {}
        group.add_lines(data[at : at + BLOCK_BYTES], found)
        lines += len(found)
    return (time.process_time() - started) * 1000 / (len(data) / 10**6), lines


def main() -> None:
    """Print a table, the dearest first."""
    what = sys.argv[1] if len(sys.argv) > 1 else "sparse"
    data = Path(what).read_bytes() if Path(what).is_file() else logs.text(what, 4 * 10**6)
    rules = load_rules()
    triggers = RulesByTrigger(rules.rules, rules.names).triggers
    names = {rule.trigger: rule.name for rule in rules.rules}
    costs = []
    for group in Re2Picker(triggers).groups:
        first, lines = milliseconds(group, data)
        again, _ = milliseconds(group, data)
        told = [names.get(triggers.texts[position], "?") for position in dict.fromkeys(group.positions)]
        costs.append((again, first, lines, f"{len(told)}: {', '.join(told[:4])} …"))
    print(f"{sum(again for again, *_ in costs):.1f} ms/MB in {len(costs)} groups; first, again, lines, triggers:")
    for again, first, lines, which in sorted(costs, reverse=True):
        print(f"{first:7.1f} {again:7.1f} {lines:8}  {which}")


if __name__ == "__main__":
    main()
