"""Arguments of a command as programs print a list of them, put together to the command line that they were.

``["mysql", "-u", "root", "-pX"]``, ``cmd=[sqlplus, -L, app/X@DB]``, ``a0="lftp" a1="-u"``, ``exec arg,snmpset,-v2c``,
``proctitle=6D7973716C002D70…``: the rules of commands know one form, the line that somebody types. Each argument keeps
its place in the line of the log, so that a value which they find is replaced where it stands, in digits too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Words that a list of arguments stands behind, and the forms of audit logs and tracers.
TRIGGER = (
    r"(?:\bexecv[a-z]*\(|\bEXECVE\b|\b(?:proctitle|cmd|data)=[0-9A-F]{12}|exec arg,|<arg(?:ument)?>|spawnargs|"
    r"argv\[|(?:\\0|\\x00|\\u0000|\^@|\x00)--?[A-Za-z]|"
    r"(?:[cC]md|CMD|[cC]ommand|COMMAND|[cC](?:md|ommand)_?[lL]ine|[aA]rgs|ARGS|[aA]rguments|argv|[eE]ntrypoint|"
    r"ENTRYPOINT|[eE]xec|[eE]xecut(?:e|ing|ed)|[rR]unning|[pP]open|run|call|system|check_output|check_call|spawn\w*|"
    r"[pP]rocess|[lL]aunching|[iI]nvoking|[sS]tarting|failed)\\*[\"'\]]{0,2} ?[:=(]{0,2} ?'?(?:\[\]string)?[\[({] ?"
    r"(?:\\*[\"'])?[\w.:/\\~@-]+(?:\\*[\"'])?,|"
    # Without the bracket in front: Hyperscan 5.4.12 missed a list behind another bracket in the line.
    r"[\"'./-](?:sqlplus|mysql\w*|mariadb\w*|snmp\w+|curl|lftp|ldap\w+|openssl|vault|expdp|impdp|freerdp|"
    r"sshpass|smbclient|p4|qpdf|oathtool|redis-cli|psexec|net|docker|7z|zip)\\*[\"'], ?\\*[\"']|"
    r"(?:[pP]open|system|[cC]ommand|[cC]md|execl[pe]*|spawn\w*|run|call)\(\\*[\"'][\w./\\:-]+\\*[\"'], ?[\[{]?\\*[\"'])"
)
_LONGEST_VECTOR_BYTES = 4096
_MOST_ARGUMENTS = 200
_MOST_VECTORS = 16  # in one line
_QUOTED = re.compile(
    rb"\\{0,3}\"(?P<value>[^\"\r\n]{0,1000}?)\\{0,3}\"|\\{0,3}'(?!\[['\"])(?P<value_b>[^'\r\n]{0,1000}?)\\{0,3}'|"
    rb"(?<=\d=)(?P<digits>(?:[0-9A-F]{2}){1,1000})(?=\s|$)"
)
_BETWEEN = re.compile(rb"(?:,\s{0,4}|\s{1,3}|:\s?)(?:a\d{1,3}=|argv\[\d{1,3}\]\s?=\s?|[\[({]\s?)?\Z")
_BARE_LIST = re.compile(rb"\[(?P<value>[A-Za-z0-9./~-][^\[\]\r\n\"']{3,4000})(?:\]|$)")
_AUDIT_TOKEN = re.compile(rb"\bexec arg,(?P<value>[^\r\n]{1,4000})")
_NEXT_TOKEN = re.compile(rb",(?:path|attribute|subject|return|text|trailer|exec env),|\s+\Z|\Z")
_ELEMENTS = re.compile(rb"<arg(?:ument)?>(?P<value>[^<>\r\n]{0,1000})</arg(?:ument)?>\s{0,8}")
_DIGITS = re.compile(rb"\b(?:proctitle|cmd|data)=(?P<value>(?:[0-9A-F]{2}){6,2000})(?![0-9A-Za-z])")
_NUL = re.compile(rb"\\x00|\\u0000|\\0{1,3}(?![0-7])|\^@|\x00")
_WITH_NULS = re.compile(rb"[^\s\"'\x00]{1,1000}(?:\x00[^\s\"'\x00]{1,1000}){1,200}|[^\s\"'\x00]{2,4000}")
_BLANK = re.compile(rb"\s")


class Argument(NamedTuple):
    """One argument and where it stands in the line; ``width`` is how many bytes of the line each of its bytes takes."""

    value: bytes
    start: int
    width: int = 1


class Vector(NamedTuple):
    """The command line as one text, and the places in it at which the arguments begin."""

    text: bytes
    places: tuple[int, ...]
    arguments: tuple[Argument, ...]

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Where what was found in the text stands in the line, up to the end of the argument that it is part of."""
        for place, argument in zip(reversed(self.places), reversed(self.arguments), strict=True):
            if place <= start:
                size = len(argument.value)
                first, last = start - place, min(end - place, size)
                if _BLANK.match(argument.value, last):  # a rule reads a pass phrase of several words up to a blank
                    last = size
                if first >= last:
                    return None
                return argument.start + first * argument.width, argument.start + last * argument.width
        return None


def vectors(line: bytes) -> Iterator[Vector]:
    """The lists of arguments in ``line``, the first few of them."""
    found = 0
    for arguments in _lists(line):
        if len(arguments) > 1 or any(argument.width > 1 for argument in arguments):
            yield _vector(arguments[:_MOST_ARGUMENTS])
            found += 1
            if found == _MOST_VECTORS:
                return


def _vector(arguments: Sequence[Argument]) -> Vector:
    parts: list[bytes] = []
    places: list[int] = []
    at = 0
    for argument in arguments:
        blank = _BLANK.search(argument.value) is not None and len(arguments) > 1
        before = b' "' if blank else b" "
        # An argument may be a script of several lines; the engines tell what is in one.
        parts += (before, argument.value.replace(b"\n", b" "), b'"' if blank else b"")
        places.append(at + len(before))
        at += len(before) + len(argument.value) + blank
    return Vector(b"".join(parts), tuple(places), tuple(arguments))


def _lists(line: bytes) -> Iterator[list[Argument]]:
    for found in _DIGITS.finditer(line):
        yield _of_digits(found.start("value"), found["value"])
    yield from _quoted(line)
    for found in _AUDIT_TOKEN.finditer(line):
        end = _NEXT_TOKEN.search(line, *found.span("value"))
        yield _separated(line, (found.start("value"), end.start() if end is not None else found.end()), b",")
    for found in _BARE_LIST.finditer(line):
        yield _separated(line, found.span("value"), b", ")
    elements = [Argument(found["value"], found.start("value")) for found in _ELEMENTS.finditer(line)]
    if elements:
        yield elements
    if _NUL.search(line) is not None:
        for found in _WITH_NULS.finditer(line):
            if _NUL.search(found[0]) is not None:
                yield _with_nuls(line, *found.span())


def _of_digits(start: int, digits: bytes) -> list[Argument]:
    """The arguments that ``digits`` stand for: audit writes so what holds a blank, a quote or the NUL between two."""
    arguments: list[Argument] = []
    for value in bytes.fromhex(digits.decode()).split(b"\x00"):
        arguments.append(Argument(value, start, 2))
        start += 2 * len(value) + 2
    return arguments


def _quoted(line: bytes) -> Iterator[list[Argument]]:
    arguments: list[Argument] = []
    end = begun = 0
    for found in _QUOTED.finditer(line):
        if arguments and (not _BETWEEN.match(line[end : found.start()]) or found.end() - begun > _LONGEST_VECTOR_BYTES):
            yield arguments
            arguments = []
        if not arguments:
            begun = found.start()
        end = found.end()
        if found["digits"] is not None:
            if arguments:  # behind the first, which is the program
                arguments.append(Argument(bytes.fromhex(found["digits"].decode()), found.start("digits"), 2))
            continue
        group = "value" if found["value"] is not None else "value_b"
        arguments.append(Argument(found[group], found.start(group)))
    if arguments:
        yield arguments


def _separated(line: bytes, span: tuple[int, int], separator: bytes) -> list[Argument]:
    arguments: list[Argument] = []
    start = span[0]
    for value in line[slice(*span)].split(separator):
        arguments.append(Argument(value, start))
        start += len(value) + len(separator)
    return arguments


def _with_nuls(line: bytes, start: int, end: int) -> list[Argument]:
    arguments: list[Argument] = []
    for nul in _NUL.finditer(line, start, end):
        arguments.append(Argument(line[start : nul.start()], start))
        start = nul.end()
    arguments.append(Argument(line[start:end], start))
    return arguments
