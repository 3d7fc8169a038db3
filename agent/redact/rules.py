"""The rules as data: families of YAML files, checked and compiled.

A rule finds by a *pattern* (stdlib ``re`` over the bytes of one line) and is asked only about lines that its
*trigger* matches. The trigger is part of the rule's definition, a small regular expression without
look-around, so that any engine (``picker.py``) can evaluate it and the result is the same. A rule that says
``after`` is tried only behind names of that class (``names.py``) and has that class's trigger. The version of
a rule set is the highest ``since`` of its rules.

Families of an administrator are checked each time; ours were when they were tested, and are trusted here, since the
checks cost every command two seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from agent.redact.checks.validators import VALIDATORS, Validator
from agent.redact.fact_pattern import FactPattern
from agent.redact.names import FOLLOWS, NameClass, Names
from agent.redact.patterns import LazyPattern, check_pattern, check_trigger
from config import ConfigurationProblem, own_folders, places

OF_MACHINE = "local"  # the family of what this machine knows about itself; no file holds it
_FRAGMENT = re.compile(r"%\{([A-Z][A-Z0-9_]*)\}")
_LINE_BREAK = re.compile(r"\n *")  # a long expression is laid out over lines, which are no part of it
_LARGEST_FILE_BYTES = 2**20  # a family is some pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An example that the rule must find, and what is left of it (``user-…`` for any pseudonym of a user)."""

    text: str
    leaves: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. ``kind`` is the kind of pseudonym, or ``None`` for a value that is masked."""

    name: str
    family: str
    why: str
    source: str
    since: int
    kind: str | None
    trigger: str
    pattern: LazyPattern | FactPattern
    after: str | None = None  # the class of the names behind which the pattern is tried, or anywhere in the line
    ignore_case: bool = False  # search the line in lower case; what is replaced is taken from the line as it is
    validator: Validator | None = None
    near_bytes: int = 0  # a finding begins at most so far in front of the end of its trigger; 0 where that is not known
    around_bytes: int = 0  # in a long line, how far around its trigger to look for a finding; 0 for anywhere in it
    opens: str | None = None  # what begins below a line that the pattern matches: see blocks.py
    hits: tuple[Hit, ...] = ()
    misses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Every rule in the order of precedence (by family file, then as written)."""

    version: int
    families: tuple[str, ...]
    rules: tuple[Rule, ...]
    names: Names = field(default_factory=Names, compare=False)


def load_rules(extra_folders: Sequence[Path] = ()) -> RuleSet:
    """The built-in families, and those of ``extra_folders`` behind them: they add, and can take nothing away.

    Raise ``ConfigurationProblem`` naming the file and the rule for anything that cannot be used, and the folder for
    one that is not there: without its rules values would leave that its owner believes to be redacted.
    """
    theirs = tuple(file for folder in extra_folders for file in own_files(folder))
    return _load(tuple(_family_files(places.data("redaction"))), theirs)


def own_files(folder: Path) -> list[Path]:
    """The families in a folder of an administrator or a person. Raise ``ConfigurationProblem``."""
    return own_folders.files_in(folder, "redaction rules", "redaction_folders")


def _family_files(folder: Traversable) -> Iterator[Traversable]:
    files = (file for file in folder.iterdir() if file.name.endswith(".yaml"))
    yield from sorted(files, key=lambda file: file.name)


@cache
def _load(trusted: tuple[Traversable, ...], others: tuple[Traversable, ...]) -> RuleSet:
    documents = [(str(file), _document(file), False) for file in trusted]
    documents += [(str(file), _checked_document(file), True) for file in others]
    names = _names_of(document.get("names", {}) for _, document, _ in documents)
    rules = [rule for file, document, check in documents for rule in _rules_of(document, file, names, check=check)]
    families = [document["family"] for _, document, _ in documents]
    _refuse_double_names(rules)
    _refuse_more_near(rules)
    version = max((rule.since for rule in rules), default=0)
    return RuleSet(version=version, families=tuple(dict.fromkeys(families)), rules=tuple(rules), names=names)


def _names_of(written: Iterable[Mapping[str, Mapping[str, Any]]]) -> Names:
    """The classes of all families; a family may add words to the class of another."""
    words: dict[str, dict[str, frozenset[bytes]]] = {}
    follows: dict[str, str] = {}
    for classes in written:
        for name, lists in classes.items():
            known = words.setdefault(name, {"ends": frozenset()})
            if "follows" in lists:
                follows.setdefault(name, lists["follows"])
            for part in lists.keys() - {"follows"}:
                known[part] = known.get(part, frozenset()) | {word.encode() for word in lists[part]}
    return Names(NameClass(name=name, follows=follows.get(name, FOLLOWS), **lists) for name, lists in words.items())


def _refuse_double_names(rules: Sequence[Rule]) -> None:
    seen: dict[str, str] = {}
    for rule in rules:
        if rule.name in seen:
            raise ConfigurationProblem(f"redaction rule {rule.name}: in {seen[rule.name]} and again in {rule.family}")
        seen[rule.name] = rule.family


def _refuse_more_near(rules: Sequence[Rule]) -> None:
    """``LineRedactor.replace_near`` looks for one rule where its trigger was seen: another would be left out."""
    near = [rule for rule in rules if rule.near_bytes]
    for rule in near[1:]:
        raise ConfigurationProblem(f"redaction rule {rule.name}: near_bytes: only {near[0].name} can have it")


@cache
def _schema() -> Mapping[str, Any]:
    text = places.data("schemas", "redaction.schema.json").read_text("utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema


def _document(file: Traversable) -> dict[str, Any]:
    raw = file.read_bytes()
    if len(raw) > _LARGEST_FILE_BYTES:
        raise ConfigurationProblem(f"{file}: is larger than {_LARGEST_FILE_BYTES} bytes")
    # The C loader reads the families in a fifth of the time; same safe subset of YAML.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document: dict[str, Any] = yaml.load(raw, Loader=loader)  # noqa: S506 - both loaders are the safe ones
    except yaml.YAMLError as error:
        raise ConfigurationProblem(f"{file}: is not YAML: {error}") from error
    return document


def _checked_document(file: Traversable) -> dict[str, Any]:
    import jsonschema  # takes a tenth of a second, and most have no families of their own

    document = _document(file)
    try:
        jsonschema.validate(document, _schema())
    except jsonschema.ValidationError as error:
        raise ConfigurationProblem(f"{file}: {error.json_path}: {error.message}") from error
    return document


def _rules_of(document: Mapping[str, Any], file: str, names: Names, *, check: bool) -> Iterator[Rule]:
    fragments: dict[str, str] = {}
    for name, text in document.get("definitions", {}).items():
        fragments[name] = _filled(text, fragments, file)
    for written in document["rules"]:
        place = f"{file}: rule {written['name']}"
        trigger = _filled(written.get("trigger", ""), fragments, place) or _behind(written.get("after"), names, place)
        pattern = _filled(written["pattern"], fragments, place)
        if check:
            check_trigger(trigger, place)
            check_pattern(pattern, place)
        yield Rule(
            name=written["name"],
            family=document["family"],
            why=written["why"],
            source=written["source"],
            since=written["since"],
            kind=None if written["replace"] == "mask" else written["replace"],
            trigger=trigger,
            pattern=LazyPattern(pattern.encode()),
            after=written.get("after"),
            validator=_validator(written.get("validator"), place),
            ignore_case=written.get("ignore_case", False),
            near_bytes=written.get("near_bytes", 0),
            around_bytes=written.get("around_bytes", 0),
            opens=written.get("opens"),
            hits=tuple(Hit(text=hit["text"], leaves=hit["leaves"]) for hit in written["hits"]),
            misses=tuple(written["misses"]),
        )


def _behind(after: str | None, names: Names, place: str) -> str:
    if after is None:
        raise ConfigurationProblem(f"{place}: has neither 'trigger' nor 'after'")
    if after not in names.classes:
        raise ConfigurationProblem(f"{place}: after: no family has names of the class '{after}'")
    return names.classes[after].trigger()


def _filled(text: str, fragments: Mapping[str, str], place: str) -> str:
    """The expression on one line, with its fragments."""

    def fragment(found: re.Match[str]) -> str:
        if found[1] not in fragments:
            raise ConfigurationProblem(f"{place}: %{{{found[1]}}} is not defined above it")
        return f"(?:{fragments[found[1]]})"

    return _FRAGMENT.sub(fragment, _LINE_BREAK.sub("", text))


def _validator(name: str | None, place: str) -> Validator | None:
    if name is None:
        return None
    if name not in VALIDATORS:
        raise ConfigurationProblem(f"{place}: validator: '{name}' is none of {', '.join(sorted(VALIDATORS))}")
    return VALIDATORS[name]
