"""``make fuzz-redaction``: the engines held against one another over generated text, and by mutation for some minutes.

Every engine redacts the same bytes; outputs and counts must be the same. The text is ordinary logs, labelled rows of
the corpus, and the examples of the rules shuffled; then examples with bytes changed, cut, doubled and joined. The first
difference is printed with the line and ends the run with exit code 1; otherwise how much was compared.

    python -I tests/bench/engines.py --mb 200 --minutes 60 [--seed 1]
"""

import argparse
import io
import random
import sys
import time
from collections.abc import Iterator

from agent.redact import LocalFacts, Redactor, load_rules
from agent.redact.stream import StreamRedactor
from tests.bench import logs
from tests.corpus.corpus import rows

_KEY = b"a key for fuzzing, of 32 bytes.."
_ENGINES = ("hyperscan", "re2", "re")
_MB = 10**6
_FACTS = LocalFacts(
    (("host", "vm"), ("user", "jo"), ("user", "jsmith"), ("name", "Zoë O'Neil-Smith"), ("host", "web-01"))
)
_SIGNS = [bytes([byte]) for byte in b"=:\"' ,.;|&%<>[]{}()@/\\\t\r\x0b\x00-_0129afAFzZ+~$#*?!\xc3\xa9\xe2"]
_EXAMPLES = [hit.text.encode() for rule in load_rules().rules for hit in rule.hits] + [
    miss.encode() for rule in load_rules().rules for miss in rule.misses
]


def generated(size_bytes: int, chance: random.Random) -> Iterator[bytes]:
    """Blocks of text, about so much in all: a half logs, a quarter rows of the corpus, a quarter shuffled examples."""
    done = seed = 0
    words = [word for example in _EXAMPLES for word in example.replace(b"\n", b" ").split(b" ")]
    while done < size_bytes:
        seed += 1
        labelled = "\n".join(row.text for row in rows(seed=seed, count=1500)).encode("utf-8", "surrogatepass")
        size = max(len(labelled), 100_000)
        made = [logs.text(kind, size, seed) for kind in ("sparse", "dense", "mixed")]
        shuffled = b"\n".join(b" ".join(chance.choices(words, k=chance.randrange(3, 14))) for _ in range(size // 120))
        for block in (*made, labelled, shuffled):
            done += len(block)
            yield block


def mutated(chance: random.Random) -> bytes:
    """Some examples, changed in some places."""
    data = bytearray(
        chance.choice((b"\n", b" ", b"\r\n", b"")).join(chance.choices(_EXAMPLES, k=chance.randrange(1, 5)))
    )
    for _ in range(chance.randrange(8)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            data[at:at] = chance.choice(_SIGNS)
        elif kind == 1:
            del data[at : at + chance.randrange(1, 5)]
        elif kind == 2:
            data[at : at + 1] = chance.choice(_SIGNS)
        else:
            data[at:at] = data[max(0, at - chance.randrange(1, 40)) : at]
    return bytes(data)


def difference(redactors: list[Redactor], data: bytes) -> str | None:
    """What the engines disagree on, if they do."""
    made = []
    for redactor in redactors:
        out = io.BytesIO()
        lines = redactor._lines()
        stream = StreamRedactor(lines, out)
        stream.feed(data)
        made.append((stream.finish(), out.getvalue()))
    if all(each == made[0] for each in made):
        return None
    for texts in zip(*(text.split(b"\n") for _, text in made), strict=False):
        if len(set(texts)) > 1:
            return "\n".join(f"{engine}: {text!r}" for engine, text in zip(_ENGINES, texts, strict=True))
    return f"counts differ: {[counts for counts, _ in made]}"


def main() -> int:
    """Run, and print what was compared."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mb", type=float, default=20)
    options.add_argument("--minutes", type=float, default=2)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    chance = random.Random(chosen.seed)
    redactors = [Redactor(load_rules(), _KEY, _FACTS, engine=engine) for engine in _ENGINES]
    compared = 0
    for block in generated(int(chosen.mb * _MB), chance):
        found = difference(redactors, block)
        if found:
            print(found)
            return 1
        compared += len(block)
        print(f"\rgenerated text: {compared / _MB:,.0f} MB the same in {', '.join(_ENGINES)}", end="", flush=True)
    print()
    until, cases, size = time.monotonic() + chosen.minutes * 60, 0, 0
    while time.monotonic() < until:
        data = mutated(chance)
        found = difference(redactors, data)
        if found:
            print(f"{found}\nfrom: {data!r}")
            return 1
        cases, size = cases + 1, size + len(data)
    print(f"mutated examples: {cases:,} cases, {size / _MB:,.1f} MB, {chosen.minutes:g} minutes, no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
