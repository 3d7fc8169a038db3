"""How much of a line a log wrote in front of what it was told: time, host, program, level, thread, container.

What a program prints over several lines (a table, a key, a name and below it its value) reaches a log with such a
prefix in front of each. Blocks (see blocks.py) look at what stands behind it.
"""

from __future__ import annotations

import re

_ZONE = r"(?: ?(?:Z|[+-]\d\d:?\d\d|UTC|GMT|[A-Z]{3,4}(?= \[)))?"
_CLOCK = rf"\d{{1,2}}:\d\d:\d\d(?:[.,]\d{{1,9}})?{_ZONE}"
_DATE = r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/.]\d\d[-/.]\d{4}|\d\d/[A-Z][a-z]{2}/\d{4})[T: ]"
_PROGRAM = r"[A-Za-z_][\w./@+()-]{0,60}(?:\[\d{1,8}\])?(?: \([\w.-]{1,40}\))?:(?!:) ?"
_NOT_A_NAME = r"(?![\w./@+()-]*(?i:passw\w*|passphrase|secret|token|key|pin|code|pwd)[\w.-]*:)"  # Admin password: x
_LEVEL = (
    r"(?i:trace|debug|verbose|info(?:rmation)?|notice|warn(?:ing)?|err(?:or)?|fatal|crit(?:ical)?|severe|finer?|finest|"
    r"trc|dbg|inf|wrn|ftl|pnc)"
)
# A blank of its own; more only where another piece follows, for a value may be indented. A word and a colon alone is
# none of them: it may be the name of a value.
_TIME = (
    r"(?:<\d{1,3}>(?:1 )?)?"
    rf"(?:(?:[A-Z][a-z]{{2}} )?[A-Z][a-z]{{2}} [ \d]\d (?:\d{{4}} )?{_CLOCK} [\w.-]{{1,64}} {_PROGRAM}|"
    rf"\d\d-\d\d {_CLOCK} {{1,3}}\d{{1,6}} {{1,3}}\d{{1,6}} [VDIWEF] [\w./$-]{{1,60}} {{0,30}}: |"  # of Android
    rf"[\[(]?(?:{_DATE})?{_CLOCK}[\])]?:?(?:  (?={_LEVEL}\b)|[ \t])(?:"
    rf"\w[\w.-]{{0,63}} (?=[^ ]{{1,60}}\[\d{{1,8}}\]: )|\w[\w.-]{{0,63}} {_NOT_A_NAME}{_PROGRAM}|"
    r"[\w.-]{1,64} [\w./-]{1,48} [\w-]{1,64} [\w-]{1,32} (?:-|\[[^\]]{0,400}\]) )?|"  # RFC 5424
    r"\d{1,2}:\d\d(?::\d\d)?[AP]M )"
)
_PIECES = (
    r"[A-Za-z_][\w./@+-]{0,60}\[[\w.-]{1,20}\]: ",
    r"[A-Za-z][\w-]{0,40}(?:\.[\w$-]{1,60}){1,8}(?: -| :|:) ",  # org.example.Class:
    r"[A-Za-z][\w$.]{2,80} \([\w.]{1,40}:\d{1,6}\) - |[a-z]\w{0,40}(?:::\w{1,40}){1,8}: ",  # of Log4j, of Rust
    r"\d{1,7} --- (?=\[)|[A-Za-z][\w-]{0,40}(?:\.[\w$-]{1,60}){1,8} {1,40}: ",  # of Spring
    rf"- (?:[\w.]{{1,60}} - )?{_LEVEL} - ",  # of Python, as many write it
    rf"\| {_LEVEL} {{0,8}}\| (?:[\w.:<>]{{1,80}} - )?",  # of Loguru and NLog
    r"(?:LOG|STATEMENT|HINT|DETAIL|CONTEXT|PANIC|ERROR|FATAL|WARNING|NOTICE):  ",  # of PostgreSQL
    r"\d{1,7}#\d{1,7}: (?:\*\d{1,9} )?",  # of nginx
    r"[\w./-]{1,80}\.(?:go|py|rs|c|cpp|java|js|ts|rb):\d{1,6}(?::|\])?[ \t]",
    rf"{_LEVEL}:[\w.]{{1,60}}:(?=\S)|{_LEVEL}\[\d{{1,6}}\] ",  # of Python, of Go
    rf"[\[(<]?{_LEVEL}[\])>]?:?(?:[ \t]{{1,8}}(?=[\[(]|[a-z]+\.|\d{{1,7}} ---|[a-z]\w*::)|[ \t])",
    r"std(?:out|err) [FP] ",  # of containerd
    r"\d\d[OE][ +]",  # of GitLab, behind the time
    r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{1,9}[ \t]{1,10}\d{1,8} [\w./-]{1,60}:\d{1,6}\][ \t]",  # of Kubernetes
    r"\[(?!redacted:)[^\[\]\"'=]{1,80}\]:?[ \t]",
    r"[\w.-]{1,40}[-_]\d{1,3}[ \t]{0,20}\|[ \t]",  # of Docker Compose
    r"#\d{1,4} (?:\d{1,5}\.\d{1,3} )?",  # of BuildKit
    r"==> [\w.-]{1,40}: ",  # of Packer and Vagrant
    r"remote: |[\w.\[\]\"-]{1,60} \((?:remote|local)-exec\): ",
)
_PREFIX = re.compile(f"(?:{_TIME}|{'|'.join(_PIECES)}){{1,8}}+".encode())


def prefix_end(line: bytes) -> int:
    """Where in ``line`` the prefix of a log ends; 0 without one."""
    found = _PREFIX.match(line)
    return 0 if found is None else found.end()
