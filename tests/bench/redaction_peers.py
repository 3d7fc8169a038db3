"""``make bench-redaction``: ``sendlogs redact`` beside other redactors and scanners, on the labelled corpus.

Each peer is installed into a throw-away folder from the package registries, makes a redacted folder of the corpus, and
is scored as ``tests/corpus/score.py`` says. Speed is that over the mixed lines of ``tests/bench/logs.py``, by the CPU
seconds beyond those of a run over one line; memory is that of the same run, and no less than the measuring process's
own 12 MB. One Markdown table comes out, and recall in it is the same on every run.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench import logs
from tests.bench.peers import NOT_TO_BE_HAD, PEERS, Installed, NotInstalled, Peer
from tests.corpus.corpus import ROWS, Row, rows, write
from tests.corpus.score import Share, score_folder

_HERE = Path(__file__).parent
_LIMIT_SECONDS = 150
_DISTINCT_BYTES = 2_000_000  # then the lines come again
_MB = 1_000_000
_HEAD = (
    "redactor",
    "secrets",
    "personal data",
    "kept",
    "MB per CPU second",
    "of a sample of",
    "peak memory",
    "remarks",
)


class Failed(Exception):
    """A peer that was installed and did not do its work; the message is the last that it said."""


@dataclass(frozen=True)
class Used:
    """What one run of a program took."""

    cpu_seconds: float
    peak_bytes: int


def ran(argv: list[str], work: Path) -> Used:
    """Run it with folders of its own for what programs keep; raise ``Failed`` when it fails or takes too long."""
    home = work / "home"
    home.mkdir(exist_ok=True)
    sendlogs = {f"SENDLOGS_{name}_FOLDER": str(home / name) for name in ("STATE", "CONFIG", "SYSTEM")}
    own = {"HOME": str(home), "KF_RULE_CACHE_DIR": str(home / "rules"), "LC_ALL": "C.UTF-8"}
    measure = [sys.executable, "-I", str(_HERE / "measured.py"), str(_LIMIT_SECONDS), *argv]
    done = subprocess.run(measure, check=True, capture_output=True, env={**os.environ, **sendlogs, **own})
    told = json.loads(done.stdout)
    if told["code"]:
        raise Failed(told["last_error"])
    return Used(told["cpu_seconds"], told["peak_bytes"])


class Bench:
    """The corpus and the lines, on disk once, and what the peers made of them."""

    def __init__(self, work: Path, seed: int, count: int) -> None:
        self._work = work
        self._rows: list[Row] = list(rows(seed, count))
        write(self._rows, work / "corpus")
        self._lines = logs.text("mixed", _DISTINCT_BYTES)

    def row(self, peer: Peer) -> tuple[str, ...]:
        """The peer's line of the table."""
        folder = self._work / peer.name.replace(" ", "-")
        folder.mkdir()
        try:
            return self._measured(peer, folder)
        except NotInstalled as error:
            return (peer.name, *["n/a"] * 6, f"could not be installed: {error}")
        except Failed as error:
            return (peer.name, *["n/a"] * 6, f"failed: {error}")
        finally:
            shutil.rmtree(folder)

    def _measured(self, peer: Peer, folder: Path) -> tuple[str, ...]:
        installed = peer.install(folder)
        source, target = self._work / "corpus" / ROWS, folder / "redacted"
        ran(peer.argv(installed, source, target), folder)
        families = score_folder(self._rows, target).by_family
        shares = [f"{families.get(name, Share()).percent:.1f} %" for name in ("secret", "personal", "clean")]
        least = self._over(peer, installed, folder, "one", self._lines[: self._lines.index(b"\n") + 1])
        size = round(peer.speed_mb * _MB)
        used = self._over(peer, installed, folder, "many", (self._lines * (size // _DISTINCT_BYTES + 1))[:size])
        speed = peer.speed_mb / max(used.cpu_seconds - least.cpu_seconds, 0.01)  # the clock's own tick
        told = f"{speed:.0f}" if speed >= 10 else f"{speed:.2g}"
        memory = f"{used.peak_bytes / _MB:.0f} MB"
        return (installed.version, *shares, told, f"{peer.speed_mb:g} MB", memory, peer.remark)

    def _over(self, peer: Peer, installed: Installed, folder: Path, name: str, text: bytes) -> Used:
        source = folder / name
        source.mkdir()
        (source / "app.log").write_bytes(text)
        return ran(peer.argv(installed, source, folder / f"{name}-redacted"), folder)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description="Compare redactors on the labelled corpus.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--only", nargs="*", default=[], help="names of peers; all where none is given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-redaction-") as work:
        bench = Bench(Path(work), options.seed, options.rows)
        table: list[tuple[str, ...]] = [_HEAD, ("---",) * len(_HEAD)]
        for peer in PEERS:
            if not options.only or peer.name in options.only:
                print(f"measuring {peer.name}", file=sys.stderr)
                table.append(bench.row(peer))
    table += [(name, *["n/a"] * 6, reason) for name, reason in NOT_TO_BE_HAD if not options.only]
    print("\n".join(f"| {' | '.join(cells)} |" for cells in table))


if __name__ == "__main__":
    main()
