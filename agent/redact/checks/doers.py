"""What stands behind "… by:": who did something, or what did it, which support has to know.

People create, approve and lock things; other things cause, block and replace them: ``Caused by: ENOSPC``. A class of
a program and the name of a domain are nobody's account, wherever they stand.
"""

from __future__ import annotations

import re

_VERB = re.compile(rb"([A-Za-z][a-z]*|[A-Z]+)(?: |_|\.|-)?[bB][yY]\Z")
_LONGEST_BYTES = 40
# What persons do to tickets, files and machines; whatever else is done may be done by a program.
_DONE_BY_PEOPLE = frozenset(
    b"accepted accessed acknowledged acked added altered annotated answered applied approved archived assigned "
    b"attached authored authorised authorized begun booked built cancelled canceled captured changed checked "
    b"cleared cloned closed commented committed completed configured confirmed contributed copied created declined "
    b"deleted denied deployed designed disabled dismissed done downloaded drafted edited enabled entered escalated "
    b"exported filed finished forked forwarded granted handled hosted imported initiated inserted installed "
    b"invited invoked issued joined last locked logged made maintained managed merged modified moved muted opened "
    b"ordered overridden owned paid paused performed pinned placed planned posted prepared printed promoted "
    b"proposed provisioned published purchased pushed raised reassigned received recorded registered rejected "
    b"released removed renamed reopened reported requested reserved reset resolved restarted restored resumed "
    b"reviewed revoked run ran saved scanned scheduled sent shared shipped signed off silenced started stopped "
    b"stored submitted suspended taken tested transferred translated triaged triggered typed undeleted unlocked "
    b"updated uploaded used verified viewed voided witnessed written".split()
)
# Firms and machines do these as well: the value itself has to look like somebody.
_DONE_BY_ANY = frozenset(
    b"signed issued used stored built scheduled managed provisioned logged installed restarted maintained "
    b"stopped sent handled removed denied accepted released applied captured recorded registered begun "
    b"imported exported".split()
)
_PERSON_SHAPED = re.compile(
    rb"[a-z]{1,20}[._][a-z]{2,20}\d{0,4}\Z|(?=[a-z]*\d)[a-z]{1,12}\d{1,8}[a-z]{0,3}\Z|[a-z]{3,20}\Z"
)
_CODE = re.compile(rb"SIG[A-Z]+\d*\Z|[a-z][a-z+]*-\d[\d.]*\Z|lib[\w.-]+\Z")
_CLASS = re.compile(
    rb"(?:[a-z]\w{0,30}\.){2,10}[A-Z]\w*\Z|"  # javax.crypto.BadPaddingException
    rb"(?:[a-z]\w{0,30}\.){1,10}[A-Z]\w{0,60}?(?:[a-z][A-Z]\w{0,60}|Exception|Error|Fault)\Z|"  # scala.MatchError
    rb"[\w.$]{0,120}[A-Za-z](?:Exception|Error|Fault)\Z"
)
_DOMAIN = re.compile(
    rb"[a-z\d-]+(?:\.[a-z\d-]+)+\.(?:com|net|org|io|dev|cloud|gov|edu)\Z|[a-z\d-]+\.(?:com|org|io|gov|edu)\Z"
)


def is_of_program(value: bytes) -> bool:
    """The name of a class or of a domain on the internet: ``scala.MatchError``, ``autoscaling.amazonaws.com``."""
    return _CLASS.match(value) is not None or _DOMAIN.match(value) is not None


def is_done_by_things(line: bytes, name_end: int) -> bool:
    """Whether the name that ends at ``name_end`` says that something was done as persons do not do it."""
    verb = _VERB.search(line, max(0, name_end - _LONGEST_BYTES), name_end)
    return verb is not None and verb[1].lower() not in _DONE_BY_PEOPLE


def is_no_doer(value: bytes, line: bytes, name_end: int) -> bool:
    """Whether the name that ends at ``name_end`` says by what something was done, and not by which account."""
    verb = _VERB.search(line, max(0, name_end - _LONGEST_BYTES), name_end)
    if verb is None:
        return False
    done = verb[1].lower()
    if done not in _DONE_BY_PEOPLE or _CODE.match(value) is not None:
        return True
    return done in _DONE_BY_ANY and _PERSON_SHAPED.match(value) is None
