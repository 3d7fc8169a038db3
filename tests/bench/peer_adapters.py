"""One small adapter for each redactor that is compared: all of them make a redacted folder from a folder of files.

``python -I peer_adapters.py NAME SOURCE TARGET [TOOL]`` is run by the Python of that peer's own environment, so this
file imports nothing but the standard library and, where it is used, the peer. Libraries that take text get it decoded
by the mark at its beginning. Of a scanner, every value that it reports is replaced in the line that it names.
"""

import codecs
import contextlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

MARK = "[redacted]"
_PIECE_LINES = 100  # of a long text: the time of some libraries grows faster than the text


def _read(file: Path) -> tuple[str, str]:
    data = file.read_bytes()
    encoding = "utf-16" if data.startswith(codecs.BOM_UTF16_LE) else "utf-8"
    return data.decode(encoding, "replace"), encoding


def _redact_each(source: Path, target: Path, redact: Callable[[str], str]) -> None:
    target.mkdir()
    for file in sorted(source.iterdir()):
        text, encoding = _read(file)
        (target / file.name).write_bytes(redact(text).encode(encoding))


def _write_without(found: Iterable[tuple[int, str]], file: Path, target: Path) -> None:
    """Copy the file without what was ``found``: the number of a line, and a value that stands there or begins there."""
    if not found:
        shutil.copyfile(file, target / file.name)
        return
    text, encoding = _read(file)
    before, elsewhere = text.split("\n"), []
    lines = list(before)
    for number, value in sorted(set(found), key=lambda one: (-len(one[1]), one)):
        if number <= len(lines) and value in before[number - 1]:
            lines[number - 1] = lines[number - 1].replace(value, MARK)
        else:
            elsewhere.append(value)
    text = "\n".join(lines)
    for value in elsewhere:
        text = text.replace(value, MARK)
    (target / file.name).write_bytes(text.encode(encoding))


def detect_secrets(source: Path, target: Path, tool: str) -> None:
    """A scanner of lines; of some kinds it reports only a part, such as the first line of a private key."""
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import default_settings

    target.mkdir()
    with default_settings():
        for file in sorted(source.iterdir()):
            secrets = scan_file(str(file))
            _write_without([(one.line_number, one.secret_value) for one in secrets if one.secret_value], file, target)


def kingfisher(source: Path, target: Path, tool: str) -> None:
    """A scanner of whole folders; it asks no service whether what it found is valid."""
    options = ["--format=json", "--no-validate", "--no-update-check", "--no-dedup", "--confidence=low", "--jobs=1"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        subprocess.run([tool, "scan", *options, f"--output={report}", str(source)], check=False, capture_output=True)
        entries = json.loads(report.read_bytes())["findings"]
    found: dict[str, list[tuple[int, str]]] = {}
    for one in (entry["finding"] for entry in entries):
        found.setdefault(Path(one["path"]).name, []).append((one["line"], one["snippet"]))
    target.mkdir()
    for file in sorted(source.iterdir()):
        _write_without(found.get(file.name, []), file, target)


def scrubadub(source: Path, target: Path, tool: str) -> None:
    """Its default detectors, which need no model."""
    import scrubadub as library

    _redact_each(source, target, library.Scrubber().clean)


def presidio(source: Path, target: Path, tool: str) -> None:
    """Its recognizers by pattern; a blank language model stands for the one that it would download."""
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    # The list of public suffixes that the package ships: it would ask the network for a newer one.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    with tempfile.TemporaryDirectory() as blank:
        spacy.blank("en").to_disk(blank)
        engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": blank}])
        analyzer = AnalyzerEngine(nlp_engine=engine)

    def redact(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(piece("".join(lines[at : at + _PIECE_LINES])) for at in range(0, len(lines), _PIECE_LINES))

    def piece(text: str) -> str:
        for found in sorted(analyzer.analyze(text=text, language="en"), key=lambda one: one.start, reverse=True):
            text = text[: found.start] + MARK + text[found.end :]
        return text

    _redact_each(source, target, redact)


def relay(source: Path, target: Path, tool: str) -> None:
    """Every built-in rule that has to do with secrets or people, on each line as a string of an event."""
    from sentry_relay.processing import pii_strip_event

    names = ["password", "bearer", "urlauth", "pemkey", "email", "ip", "mac", "creditcard", "iban", "imei", "usssn"]
    config = {"applications": {"$string": [*(f"@{name}:replace" for name in names), "@userpath:replace"]}}

    def redact(text: str) -> str:
        lines = text.split("\n")
        stripped = pii_strip_event(config, {"extra": {"lines": lines}})["extra"]["lines"]
        return "\n".join(line or "" for line in stripped)

    _redact_each(source, target, redact)


def sos(source: Path, target: Path, tool: str) -> None:
    """``sos clean`` of a report that holds the files; it learns hosts and users from parts that this report has not."""
    sys.path.insert(0, tool)
    from sos import SoS

    with tempfile.TemporaryDirectory() as made:
        report, work = Path(made, "sosreport-bench"), Path(made, "work")
        (report / "sos_logs").mkdir(parents=True)
        shutil.copytree(source, report / "files")
        work.mkdir()
        argv = ["clean", "--batch", "--quiet", f"--tmp-dir={work}", f"--map={work}/map", "--no-update", str(report)]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
            SoS(argv).execute()
        shutil.move(work / report.name / "files", target)


ADAPTERS = {adapter.__name__: adapter for adapter in (detect_secrets, kingfisher, scrubadub, presidio, relay, sos)}

if __name__ == "__main__":
    ADAPTERS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]), "".join(sys.argv[4:]))
