"""What is put in the place of a value whose key tells: a mask for a secret, the rules' own stand-in for an identity.

A secret under its key is masked as a whole, whatever it looks like; what is no value there stays, as in a line
(``not_secrets``). For every other class of names, the rules behind such names decide: they are asked about the line
``"name": "value"``, so a value is a user's or a host's name here if, and only if, it is one in a log.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache

from agent.redact.asked_rules import Asked
from agent.redact.checks.not_secrets import is_no_value, is_number, is_other, is_path
from agent.redact.checks.program_texts import is_list_of_names
from agent.redact.checks.secret_values import is_mixed
from agent.redact.edits import Edits
from agent.redact.names import Names
from agent.redact.replacing import mark
from agent.redact.rules import Rule
from agent.redact.structure.walk import Found
from agent.redact.text import LineRedactor

RULE_NAME = "secret-by-key"
MARK = mark(RULE_NAME)
_OPENS_SOMETHING = "secret"
_PERSON = "person"
_LONGEST_NAME_BYTES = 100
_LONGEST_IDENTITY_BYTES = 500
_COLONS_OF_ADDRESS = 2  # of IPv6, or of an adapter: a host has one, in front of its port
_SEEN_LIMIT = 2**12
_NO_NAME_SIGNS = re.compile(rb"[^A-Za-z0-9_.\x80-\xff-]+")
_LINE_CONTENT = re.compile(rb"[^\s](?:[^\r\n]*[^\s])?")
_IN_QUOTES = re.compile(rb'="(?P<value>.+)"\Z', re.DOTALL)
_NO_IDENTITY_SIGNS = re.compile(rb'["\\\r\n]')
_FULL_NAME = re.compile(rb"name-[a-z2-7]{8}")
# Keys beside a secret that tell of what kind it is and how long it holds, and what stands there.
_DESCRIBES = re.compile(
    rb"(?:.*[ _.-])?(?:type|kind|engine|helper|source|location|header|hash|label|namespace|secret_?name|"
    rb"optional|method|mode|provider|algorithm|alg|scheme|format|scope|status|state|version|encoding|"
    rb"created|updated|issued|expires|expiry|expiration|created_?at|updated_?at|issued_?at|expires_?(?:at|in|on)|"
    rb"ttl|iat|exp|nbf|port|length|min_?length|max_?length)\Z",
    re.IGNORECASE,
)
_DESCRIPTION = re.compile(
    rb"[A-Za-z]{1,20}(?:[ _-][A-Za-z]{1,20}){0,3}\Z|"
    rb"argon2(?:id|i|d)\Z|(?i:(?:hmac-?|pbkdf2[_-])?(?:sha|md)-?\d{1,3}|[hrep]s\d{3})\Z|"
    rb"\d{4}-\d\d-\d\d[T \d:.+Z-]{0,30}\Z|\d{10}(?:\d{3})?\Z"
)

# What has no value of its own is called so; a name of a person stands under such a key too, but not in small letters
# joined by signs.
_IS_ACCOUNT = re.compile(rb"(?:.*[ _.-])?(?:user|login|account)(?:_?name|_?id)?\Z", re.IGNORECASE)
_IS_NAME = re.compile(rb"(?:secret_?)?name\Z", re.IGNORECASE)
_NAMED = re.compile(rb"[a-z]{2,20}(?:-[a-z]{2,20}){0,4}\Z")


class ByKey:
    """Names, and what replaces the values under them. Not for several threads at once."""

    name = RULE_NAME
    why = "a value of a document, under a key that says it is a secret"

    def __init__(self, rules: Iterable[Rule], redactor: LineRedactor, names: Names) -> None:
        """``redactor`` is the one of these rules, in this order."""
        behind = [
            (index, rule)
            for index, rule in enumerate(rules)
            if rule.after is not None and rule.after != _OPENS_SOMETHING and rule.opens is None
        ]
        others = names.bits(rule.after for _, rule in behind if rule.after is not None)
        self.secret = names.bits([_OPENS_SOMETHING]) if _OPENS_SOMETHING in names.classes else 0
        self.wanted = self.secret | others
        self._redactor = redactor
        self._asked = Asked(behind=tuple(index for index, _ in behind), classes=others)
        self._names = names
        self._has_persons = any(rule.after == _PERSON for _, rule in behind)
        self.classes = lru_cache(maxsize=_SEEN_LIMIT)(self._classes)

    @cached_property
    def names_secret(self) -> Callable[[bytes], object]:
        """Whether a line holds what may be the name of a secret with a value: what its trigger matches."""
        return re.compile(self._names.classes[_OPENS_SOMETHING].trigger().encode()).search

    def _classes(self, name: bytes) -> int:
        return self._names.of(name[-_LONGEST_NAME_BYTES:]) & self.wanted

    def redacted(
        self, data: bytes, found: Iterable[Found], counts: Counter[str], edits: Edits | None = None, at: int = 0
    ) -> bytes:
        """``data`` with every finding that stands replaced in its place; ``counts`` grows by one for each.

        So do ``edits``, where somebody looks on. The text in which the places were found begins ``at`` this byte.
        """
        parts: list[bytes] = []
        done = 0
        for each in sorted(found, key=lambda one: one.value.start):
            start, end = at + each.value.start, at + each.value.end
            if start < done or start >= end:
                continue
            replacement, rule = self._replacement(data[start:end], each)
            if replacement is not None:
                parts += (data[done:start], replacement)
                counts[rule] += 1
                if edits is not None:
                    edits.add(start, end, replacement, rule)
                done = end
        parts.append(data[done:])
        return b"".join(parts)

    def _replacement(self, raw: bytes, found: Found) -> tuple[bytes | None, str]:
        """What stands for a finding from now on, and the name of the rule by which."""
        if found.classes:
            identity, rule = self._identity(raw, found)
            if identity is not None:
                return identity, rule
        if not self._is_secret(found):
            return None, ""
        quote = found.value.quote
        # Line by line: what follows a document's line stays in the line of this number.
        masked = _LINE_CONTENT.sub(MARK, raw) if b"\n" in raw or b"\r" in raw else MARK
        return quote + masked + quote, RULE_NAME

    @staticmethod
    def _is_secret(found: Found) -> bool:
        text = found.value.text.strip()
        name = found.name[-_LONGEST_NAME_BYTES:]
        if not (found.secret or found.doubtful) or not text:
            return False
        if found.within and _DESCRIBES.match(name) is not None and _DESCRIPTION.match(text) is not None:
            return False
        is_account = found.within and _IS_ACCOUNT.match(name) is not None
        if is_account or (found.within and _IS_NAME.match(name) and _NAMED.match(text)) or is_list_of_names(text, name):
            return False
        match = _IN_QUOTES.search(name + b'="' + text + b'"', len(name))
        # What would be an expression of a program in a line is a value here: nobody writes programs into a value.
        if match is None or is_no_value(text) or is_number(text) or is_other(text, match):
            return False
        if is_path(text) and b"\n" not in text:
            return False
        return not found.doubtful or is_mixed(text, match)

    def _identity(self, raw: bytes, found: Found) -> tuple[bytes | None, str]:
        value = found.value.text
        if raw != value or len(value) > _LONGEST_IDENTITY_BYTES or _NO_IDENTITY_SIGNS.search(value):
            return None, ""
        if value.count(b":") >= _COLONS_OF_ADDRESS:
            return (
                None,
                "",
            )  # what stands in front of its first colon is no host, and the rules for lines know the whole
        name = _NO_NAME_SIGNS.sub(b"_", found.name)[-_LONGEST_NAME_BYTES:].strip(b"_.-")
        by_name, rule = self._as_line(name, value)
        if by_name is None:
            return None, ""
        if self._has_persons and b" " in value:
            whole, of_person = self._as_line(b"full_name", value)
            if whole is not None and _FULL_NAME.fullmatch(whole):
                by_name, rule = whole, of_person
        return by_name, rule

    def _as_line(self, name: bytes, value: bytes) -> tuple[bytes | None, str]:
        """What the rules behind names leave of ``value`` under ``name``, and the first; ``None`` for nothing found."""
        front = b'"' + name + b'": "'
        line = front + value + b'"'
        counts: Counter[str] = Counter()
        redacted = self._redactor.replace(
            line, self._redactor.spans(line, self._asked, self._redactor.names(line, self._asked, None)), counts
        )
        if not counts or not redacted.startswith(front) or not redacted.endswith(b'"'):
            return None, ""
        return redacted[len(front) : -1], next(iter(counts))
