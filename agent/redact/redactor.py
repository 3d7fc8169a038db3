"""The one object that redacts: rules, key and local facts, made once, used for every text, path and stream."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from agent.redact.asked_rules import RulesByTrigger
from agent.redact.blocks import Block
from agent.redact.budget import Budget, CannotRedact, Kept, Rejoined
from agent.redact.containers import kind_of, redact_container
from agent.redact.encoding import Decoder, Encoder, NotText, single_byte_runs, sniff, text_blocks
from agent.redact.lines import Lines
from agent.redact.local_facts import LocalFacts
from agent.redact.picking.engines import GrowingPicker, make_picker
from agent.redact.picking.picker import Picker
from agent.redact.pseudonym import namer
from agent.redact.recorder import Recorder
from agent.redact.rules import RuleSet, load_rules
from agent.redact.stream import BLOCK_BYTES, StreamRedactor
from agent.redact.structure import ByKey, DocumentStage, Embedded
from agent.redact.structure.documents import format_of, name_inside
from agent.redact.text import LineRedactor

_HEAD_BYTES = 64 * 2**10
_IMAGE = "image/"
_ABOUT_PEOPLE = frozenset({"personal"})
_HOMES = frozenset({"home", "users", "documents and settings"})


class Redactor:
    """Redacts by ``rules`` and ``local_facts``; stand-ins are keyed by ``key`` (1 to 64 bytes).

    ``keep_hosts`` are hosts, and anything else, that stay as they are (any case); ``compiled`` is a folder for what the
    quickest engine compiles, for this redactor and later ones. Making one compiles a few
    hundred expressions (a tenth of a second): make it once. Not for several threads at once.
    """

    def __init__(
        self,
        rules: RuleSet,
        key: bytes,
        local_facts: LocalFacts,
        keep_hosts: Sequence[str] = (),
        *,
        engine: str = "auto",
        compiled: Path | None = None,
    ) -> None:
        self.version = rules.version
        self.families = rules.families
        self.known_everywhere = local_facts.known_everywhere()
        self._rules = (*local_facts.rules(), *rules.rules)
        self._namer = namer(key)
        kept = frozenset(host.lower().encode() for host in keep_hosts)
        self._names = rules.names
        self._everything = LineRedactor(self._rules, self._namer, kept, rules.names, sieves=engine != "re")
        self._by_key = ByKey(self._rules, self._everything, rules.names)
        self._embedded = Embedded(self._by_key)
        self._rules_by_trigger = RulesByTrigger(self._rules, rules.names)
        self._picker = make_picker(self._rules_by_trigger.triggers, engine=engine, compiled=compiled)
        self._engine = engine
        self._credentials: tuple[LineRedactor, RulesByTrigger, Picker] | None = None

    def would_keep(self, size_bytes: int) -> bool:
        """Whether ``expect`` would compile, and keep what comes of it: whoever expects as much after it only reads."""
        return isinstance(self._picker, GrowingPicker) and self._picker.would_keep(size_bytes)

    def let_go(self) -> None:
        """Give up what is made again when it is wanted, as a copy of this process compiles."""
        if isinstance(self._picker, GrowingPicker):
            self._picker.let_go()

    def expect(self, size_bytes: int) -> None:
        """Be told that so much is to be redacted: what would have to be compiled on the way is compiled now."""
        if isinstance(self._picker, GrowingPicker):
            self._picker.expect(size_bytes)

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why each rule, by its name, is there."""
        return {rule.name: rule.why for rule in self._rules} | {self._by_key.name: self._by_key.why}

    def _lines(self, recorder: Recorder | None = None) -> Lines:
        lines = Lines(self._rules, self._everything, self._picker, self._rules_by_trigger, recorder)
        lines.embedded = self._embedded
        return lines

    def text(self, text: str) -> tuple[str, Counter[str]]:
        """A short text redacted, and how often each rule replaced something."""
        return _short(text, self._lines())

    def masked(self, text: str) -> str:
        """``text`` with its credentials masked; names, addresses and everything else stay.

        For what a person writes to support: they may say who they are.
        """
        rules = [rule for rule in self._rules if rule.kind is None and rule.family not in _ABOUT_PEOPLE]
        if self._credentials is None:
            by_trigger = RulesByTrigger(rules, self._names)
            picker = make_picker(by_trigger.triggers, engine=self._engine)
            self._credentials = (LineRedactor(rules, self._namer, names=self._names), by_trigger, picker)
        redactor, by_trigger, picker = self._credentials
        return _short(text, Lines(rules, redactor, picker, by_trigger))[0]

    def path(self, path: str) -> str:
        """A path in a bundle, redacted, still valid as one: no colon, no bracket, as many parts as before.

        Different paths stay different: a part that lost a credential gets letters made from the whole part.
        """
        before = path.split("/")
        # A path in a bundle puts folders of its own in front, so a home folder is looked for at its own place.
        home = next((at for at, part in enumerate(before) if part.lower() in _HOMES), len(before))
        head, tail = self._parts(before[:home]), self._parts(before[home:])
        return "/".join(self._part(part, old) for part, old in zip([*head, *tail], before, strict=True))

    def _parts(self, before: list[str]) -> list[str]:
        parts = self.text("/" + "/".join(before))[0][1:].split("/")
        return parts if len(parts) == len(before) else [self._whole_part(part) for part in before]

    def _part(self, part: str, old: str) -> str:
        if "[redacted:" not in part:
            return part
        unlike = self._namer("part", old.encode("utf-8", "surrogateescape")).decode()
        stem, dot, ending = part.replace("[redacted:", "redacted-").replace("]", "").rpartition(".")
        return f"{stem}-{unlike}{dot}{ending}" if dot and len(ending) <= 5 else f"{stem}{dot}{ending}-{unlike}"

    def _whole_part(self, part: str) -> str:
        changed = self.text(part)[1]
        return self._namer("part", part.encode("utf-8", "surrogateescape")).decode() if changed else part

    def stream(
        self,
        source: BinaryIO,
        target: BinaryIO,
        *,
        path: str,
        media_type: str,
        recorder: Recorder | None = None,
        withheld: list[Kept] | None = None,
    ) -> Counter[str]:
        """Redact ``source`` into ``target``; the number of replacements by rule. ``recorder`` looks on.

        ``withheld`` gets what of an archive could not be redacted.

        Memory is bounded by the window, not by the content. Raise ``CannotRedact`` for what is no text and no
        container that can be opened; ``target`` then holds a part that must be thrown away.
        """
        if media_type.startswith(_IMAGE):
            raise CannotRedact("images are not redacted as text")
        budget = Budget(compressed_bytes=0, withheld=[] if withheld is None else withheld)
        return self._entered(source, target, path, budget, recorder=recorder)

    def goes_by_lines(self, head: bytes, path: str, media_type: str) -> bool:
        """Whether a file that begins with ``head`` can be redacted in parts of whole lines, by ``lines``."""
        head = head[:_HEAD_BYTES]
        if media_type.startswith(_IMAGE) or kind_of(head[:512]) is not None:
            return False
        try:
            codec, _ = sniff(head)
        except NotText:
            return False
        return codec == "bytes" and not (self._by_key.wanted and format_of(head, path))

    def lines(
        self, source: BinaryIO, target: BinaryIO, *, path: str, opened: Block | None, recorder: Recorder
    ) -> tuple[Counter[str], Block | None]:
        """Redact a part of a file that ``goes_by_lines``; the replacements by rule, and what its last line leaves open.

        ``opened`` is what the line before the part left open. All parts together are what ``stream`` makes of the file.
        Raise ``CannotRedact`` for what is no text.
        """
        lines = self._lines(recorder)
        lines.block = opened
        redactor = StreamRedactor(lines, target)
        recorder.enter(path)
        try:
            for block in text_blocks(source, BLOCK_BYTES):
                redactor.feed(block)
        except NotText as error:
            raise CannotRedact(str(error)) from error
        counts = redactor.finish()
        recorder.leave()
        return counts, lines.block

    def _entered(
        self,
        source: BinaryIO,
        target: BinaryIO,
        path: str,
        budget: Budget,
        *,
        recorder: Recorder | None,
        compressed: str = "",
    ) -> Counter[str]:
        """A file, or a member of an archive; without a path, what the file named ``compressed`` holds."""
        if recorder is not None:
            recorder.enter(path)
        try:
            return self._stream(source, target, path or name_inside(compressed), budget, recorder)
        except BaseException:
            if recorder is not None:
                recorder.refused()
            raise
        finally:
            if recorder is not None:
                recorder.leave()

    def _stream(
        self, source: BinaryIO, target: BinaryIO, path: str, budget: Budget, recorder: Recorder | None = None
    ) -> Counter[str]:
        head = b""
        while len(head) < _HEAD_BYTES and (piece := source.read(_HEAD_BYTES - len(head))):
            head += piece  # a compressed stream gives what its first block holds, however little
        whole = Rejoined(head, source)
        kind = kind_of(head[:512])
        if kind is not None:
            if budget.depth == 0:
                whole.count_into(budget)
            joined = cast("BinaryIO", io.BufferedReader(whole, _HEAD_BYTES))
            redact = partial(self._entered, recorder=recorder, compressed=path)
            return redact_container(kind, joined, target, budget=budget, redact=redact, rename=self.path)
        return self._text_stream(head, whole, target, path, recorder)

    def _text_stream(
        self, head: bytes, whole: Rejoined, target: BinaryIO, path: str, recorder: Recorder | None
    ) -> Counter[str]:
        try:
            codec, mark_bytes = sniff(head)
            if codec == "bytes":
                redactor = DocumentStage(self._by_key, path, StreamRedactor(self._lines(recorder), target), recorder)
                for block in text_blocks(whole, BLOCK_BYTES):
                    redactor.feed(block)
                return redactor.finish()
            target.write(whole.read(mark_bytes) if mark_bytes else b"")
            return self._wide_stream(codec, whole, target, path, recorder)
        except NotText as error:
            raise CannotRedact(str(error)) from error

    def _refuse_single_bytes(self, block: bytes) -> None:
        for run, long in single_byte_runs(block):
            if long or any(self._lines().spans(line)[0] for line in run.split(b"\n")):
                raise NotText("text that changes its encoding")

    def _wide_stream(
        self, codec: str, whole: Rejoined, target: BinaryIO, path: str, recorder: Recorder | None
    ) -> Counter[str]:
        decoder = Decoder(codec)
        lines = StreamRedactor(self._lines(recorder), Encoder(target, codec))
        redactor = DocumentStage(self._by_key, path, lines, recorder)
        while block := whole.read(BLOCK_BYTES):
            self._refuse_single_bytes(block)
            redactor.feed(decoder.decode(block))
        lone, half = decoder.rest()
        redactor.feed(lone)
        counts = redactor.finish()
        target.write(half)
        return counts


def make_redactor(
    rule_folders: Sequence[Path],
    key: bytes,
    local_facts: LocalFacts,
    keep_hosts: Sequence[str] = (),
    compiled: Path | None = None,
) -> Redactor:
    """A redactor by the built-in rules and those of these folders; from plain values, so that any process can."""
    return Redactor(load_rules(rule_folders), key, local_facts, keep_hosts, compiled=compiled)


def _short(text: str, lines: Lines) -> tuple[str, Counter[str]]:
    out = io.BytesIO()
    redactor = StreamRedactor(lines, out)
    redactor.feed(text.encode("utf-8", "surrogatepass"))
    counts = redactor.finish()
    try:
        return out.getvalue().decode("utf-8", "surrogatepass"), counts
    except UnicodeDecodeError:  # a value that was longer than its pattern goes ended inside a character
        return out.getvalue().decode("utf-8", "replace"), counts
