"""Whether an encoded run (base64, hexadecimal digits) hides a secret: decoded, it names one or is a log-in.

A rule finds the run; what is in it only its decoding tells. Decoding is bounded and goes one step deep: a secret that
is encoded twice is found where the first step shows a name.
"""

from __future__ import annotations

import base64
import binascii
import re

_LONGEST_RUN_BYTES = 2**13  # what stands first in a longer one decides
_FEWEST_BYTES = 6
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){6,}\Z")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_TEXT = re.compile(rb"[\t\n\r\x1b -~\x80-\xff]*\Z")
_NAMED = re.compile(
    rb"(?i:passw(?:or)?d|passwd|passphrase|\bpass|_pass|pwd|\bpw|secret|token|api[_-]?key|credentials?|"
    rb"private[_ -]?key|access[_-]?key|client[_-]?key|account[_-]?key|\$p\b|\$(?:key|cred\w*)\b|auth)[\w-]{0,20}"
    rb"[\"']?\s{0,4}(?:[=:]|<[^/]|>)\s{0,4}[\"']?[^\s\"']{3}|BEGIN [A-Z ]{0,30}PRIVATE KEY|://[^\s/:@]{0,60}:[^\s/@]{2,100}@"
)
_LOGIN = re.compile(
    rb"[\w.@+\\-]{1,60}:(?P<password>[!-~][ -~]{2,100}[!-~])\Z|"
    rb"[^\x00]{0,60}\x00[\x20-\x7e]{1,60}\x00(?P<sasl>[ -~]{3,100})\Z"
)
_NO_PASSWORD = re.compile(rb"[\d.:]+\Z|//|[a-z]{1,8}\Z")


def _decoded(run: bytes) -> bytes:
    """The bytes that ``run`` stands for; nothing if it is no encoding."""
    run = run[:_LONGEST_RUN_BYTES]
    if _HEX.match(run):
        return binascii.unhexlify(run)
    letters = run.rstrip(b"=").translate(_URL_SAFE)
    letters = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4), validate=True)
    except binascii.Error:
        return b""


def _text(run: bytes) -> bytes:
    """The text that ``run`` stands for, in single bytes; nothing if it is none."""
    found = _decoded(run)
    if len(found) >= _FEWEST_BYTES and found[1::2].count(0) * 2 >= len(found) - 1:
        found = found[::2]  # UTF-16, as PowerShell takes its commands
    return found if len(found) >= _FEWEST_BYTES and _TEXT.match(found) else b""


def holds_secret(value: bytes, _match: re.Match[bytes]) -> bool:
    """The decoded text names a secret and gives its value: ``password=…``, ``{"apiKey": "…"}``, a private key."""
    return _NAMED.search(_text(value)) is not None


def holds_login(value: bytes, match: re.Match[bytes]) -> bool:
    """As :func:`holds_secret`, or the decoded text is a user and a password (RFC 7617, RFC 4616)."""
    login = _LOGIN.match(_decoded(value))
    if login is not None and _NO_PASSWORD.match(login["password"] or login["sasl"]) is None:
        return True
    return holds_secret(value, match)


def holds_dumped_secret(value: bytes, _match: re.Match[bytes]) -> bool:
    """As :func:`holds_secret`, of a line in a dump of bytes: a packet, which is no text as a whole."""
    return _NAMED.search(_decoded(value.replace(b" ", b""))) is not None
