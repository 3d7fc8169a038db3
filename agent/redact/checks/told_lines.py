"""Lines below a sentence that tells secrets, one to a line: codes, and accounts with their passwords."""

from __future__ import annotations

import re

# In groups of digits too, or several in a row. At the start of a line, without a sign or its number in front, of eight
# signs or more.
_CODE = re.compile(
    rb"^(?:\s{1,20}(?:[*-] )?|\s{0,20}\d{1,2}[.)] |[*-] |"
    rb"(?=\d{8}\s*$|\d{4} \d{4}\s*$|(?=[a-z-]{0,20}\d)[0-9a-z]{4,5}-[0-9a-z]{4,5}(?:\s*$|[ \t,;])))"
    rb"(?P<value>(?=[a-z-]{0,20}\d)(?:[0-9a-z]{4,6}-){1,3}[0-9a-z]{4,6}"
    rb"(?:[ \t,;]{1,8}(?=[a-z-]{0,20}\d)(?:[0-9a-z]{4,6}-){1,3}[0-9a-z]{4,6}){1,11}|"
    rb"\d{8}(?:[ \t,;]{1,8}\d{8}){1,11}|\d{6,10}|\d{4} \d{4}|\d{3} \d{3}|(?:[0-9a-z]{4,6}-){1,3}[0-9a-z]{4,6})\s*$"
)
# ubuntu:gSqwcqUIxvf5, as chpasswd(8) reads them: small and capital letters and digits, as no image or host has.
_PAIR = re.compile(
    rb"^\s{0,20}(?:- )?[a-z_][\w.-]{0,31}:(?=[^\s:/]{0,99}[0-9])(?=[^\s:/]{0,99}[A-Z])(?=[^\s:/]{0,99}[a-z])"
    rb"(?P<value>[^\s:/]{8,100})\s*$"
)
# The same as cloud-init writes it to the console and to the journal, of any signs.
_PAIR_OF_CONSOLE = re.compile(
    rb"^[^\r\n]{0,100}?\bcloud-init(?:\[\d{1,8}\])?: {1,3}[a-z_][\w.-]{0,31}:"
    rb"(?=\S{0,99}[0-9])(?=\S{0,99}[A-Z])(?=\S{0,99}[a-z])(?P<value>\S{9,100})\s*$"
)
_PAIR_OF_LIST = re.compile(
    rb"^\s{1,20}(?:- )?[\"']?[a-z_][\w.-]{0,31}:(?!RANDOM\b|R\b|\s)(?P<value>(?=[^\s\"']{0,99}[0-9A-Z!#$%&*+^~?@])"
    rb"[^\s\"']{3,200}|[a-z]{4,100})[\"']?\s*$"
)

# Directly below a name that stands alone, at the start of the line, or behind the name of a container or the time: only
# what is surely no word, and no setting.
NEXT_VALUE = re.compile(
    rb"^(?:[\w.-]{1,40}\s{0,20}\|\s|\d{4}-\d\d-\d\dT[\d:.,]{8,20}(?:Z|[+-]\d\d:?\d\d)?\s)?\s*(?:\[1\] )?"
    rb"(?:(?P<quote>[\"'])(?P<quoted>[^\s\"']{8,400})(?P=quote)(?:\s(?:is|was|does|has|must|in)\s.*)?|"
    rb"(?P<value>(?![A-Za-z_.-]+=[^=])[^\s\"':{}\[\]<>#,=][^\s\"':{}\[\]<>,]{7,3999}))\s*$"
)


def code_in(line: bytes) -> tuple[int, int] | None:
    """Where the code of ``line`` stands, if nothing else is in it."""
    found = _CODE.match(line)
    return found.span("value") if found is not None else None


def password_in(line: bytes, below: bytes = b"") -> tuple[int, int] | None:
    """Where the password of ``line`` stands, if it holds an account and its password alone.

    ``below`` is what stands above it: cloud-init gives the passwords of ``chpasswd`` in such lines, of any signs.
    """
    found = (_PAIR_OF_LIST if below.endswith(b"chpasswd") else _PAIR).match(line) or _PAIR_OF_CONSOLE.match(line)
    return found.span("value") if found is not None else None
