"""What each trigger costs Hyperscan, added to those that begin with a rare literal.

The first thing to look at when redaction has become slow, and before a rule without a literal is added.

    python -I tests/bench/triggers.py [sparse|dense|mixed]
"""

import sys
import time
from collections.abc import Sequence

import hyperscan

from agent.redact import load_rules
from agent.redact.dialect import Form, forms
from tests.bench import logs

_BLOCK_BYTES = 2**18
_RUNS = 3


def milliseconds(expressions: Sequence[Form], data: bytes) -> tuple[float, int]:
    """CPU time for a megabyte, the best of some runs, and the number of matches."""
    database = hyperscan.Database()
    database.compile(
        expressions=[form.unrolled.encode() for form in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[hyperscan.HS_FLAG_MULTILINE] * len(expressions),
    )
    best, hits = float("inf"), 0
    for _ in range(_RUNS):
        found: list[int] = []
        started = time.process_time()
        for at in range(0, len(data), _BLOCK_BYTES):
            database.scan(data[at : at + _BLOCK_BYTES], match_event_handler=lambda *match: found.append(match[2]))  # noqa: B023 - called at once
        best, hits = min(best, time.process_time() - started), len(found)
    return best * 1000 / (len(data) / 10**6), hits


def main() -> None:
    """Print a table, the dearest first."""
    data = logs.text(sys.argv[1] if len(sys.argv) > 1 else "sparse", 4 * 10**6)
    rules: dict[str, list[str]] = {}
    for rule in load_rules().rules:
        rules.setdefault(rule.trigger, []).append(rule.name)
    made = {trigger: forms(trigger) for trigger in rules}
    telling = [form for trigger in rules for form in made[trigger] if form.is_telling]
    base, hits = milliseconds(telling, data)
    print(f"{len(telling)} expressions with a rare literal: {base:.2f} ms/MB, {hits} matches")
    costs = []
    for trigger, names in rules.items():
        others = [form for form in telling if form not in made[trigger]]
        with_it, with_hits = milliseconds([*others, *made[trigger]], data)
        without, other_hits = (base, hits) if len(others) == len(telling) else milliseconds(others, data)
        costs.append((with_it - without, with_hits - other_hits, ", ".join(names[:3])))
    for cost, more, names in sorted(costs, reverse=True)[:40]:
        print(f"{cost:7.2f} ms/MB {more:8} matches  {names}")


if __name__ == "__main__":
    main()
