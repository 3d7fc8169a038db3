r"""Signs that only look like others, and hide a value from rules that look for those.

The wide colon and equals sign of East Asian texts, blanks of no width, those that do not break, the emphasis of HTML,
the dots that lead to a value without a blank. Such a line is read once more as it looks (``unescaped``).
"""

from __future__ import annotations

import re

_EMPHASIS = r"</?(?:[biu]|em|tt|kbd|code|strong|samp|mark|small|font|span|label)(?: [^<>\r\n]{0,200})?>"
# Marks of direction and of what belongs together too, in which translations wrap each value (Mozilla Fluent).
_UNSEEN = (
    r"\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xa4\xa6-\xa9]|\xef\xbb\xbf|\xc2\xad|\xd8\x9c|\xef\xb8[\x80-\x8f]|"
    r"\xe1\xa0\x8e"
)
_BLANK = r"\xc2[\x85\xa0]|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
# A quote as nginx, JSON, C, rsyslog, Rust, HTML and URLs write it where a quote would end something, and what else is
# written so beside it; an equals sign in quoted-printable.
_QUOTE = r"\\x2[27]|\\u002[27]|\\u\{2[27]\}|\\04[27]|#04[27]|&(?:quot|apos|lt|gt);|&#(?:0?3[49]|x2[27]);|%2[27]|=3D\""
_CODED = {
    **dict.fromkeys((b"22", b"42", b"quot", b"34"), b'"'), **dict.fromkeys((b"27", b"47", b"apos", b"39"), b"'"),
    b"lt": b"<", b"gt": b">", b"%20": b" ", b"%3a": b":", b"%3d": b"=", b'=3d"': b'="',
}  # fmt: skip
# The same, and those of ``_WIDE``, as JSON may write them.
_OF_JSON = r"\\u(?:[fF]{2}(?:1[aAdD]|0[27cC])|[fF][eE]55|2236|200[b-fB-F]|2060|[fF][eE][fF]{2}|00[aA][0dD]|3000)"
TRIGGER = (
    rf"\xef\xbc[\x82\x87\x9a\x9d]|\xef\xb9\x95|\xe2\x88\xb6|\xea\x9e\x89|{_UNSEEN}|{_BLANK}|{_OF_JSON}|{_QUOTE}|"
    r"\w\.{5}\.*[A-Za-z0-9]|\w\xe2\x80\xa6\xe2\x80\xa6|"
    r"</(?:[biu]|em|tt|kbd|code|strong|samp|mark|small|font|span|label)>"
)
_IS_DISGUISED = re.compile(TRIGGER.encode())
_ASCII_SIGNS = (
    b"\\u",
    b".....",
    b"</",
    b"\\x2",
    b"\\04",
    b"#04",
    b"&",
    b"%2",
    b"=3D",
)  # a line without another byte has one of them
# The colons, the equals sign and the quotes of East Asian texts and of typesetting, and what ends a value there.
_WIDE = {
    **dict.fromkeys((b"\xef\xbc\x9a", b"\xef\xb9\x95", b"\xe2\x88\xb6", b"\xea\x9e\x89"), b":"),
    b"\xef\xbc\x9d": b"=",
    b"\xef\xbc\x82": b'"',
    b"\xef\xbc\x87": b"'",
    b"\xef\xbc\x8c": b",",
    b"\xef\xbc\x9b": b";",
    b"\xef\xbc\x88": b"(",
    b"\xef\xbc\x89": b")",
}
DISGUISE = re.compile(
    rb"(?P<wide>%s)|(?P<blank>%s)|(?P<code>%s)|(?P<quote>%s|%%20|%%3[aAdD])|%s|(?<=\w)(?P<dots>\.{5,80}|(?:\xe2\x80\xa6){2,40})(?=[A-Za-z0-9])|%s"
    % (b"|".join(_WIDE), _BLANK.encode(), _OF_JSON.encode(), _QUOTE.encode(), _UNSEEN.encode(), _EMPHASIS.encode())
)
"""A sign that looks like another, or like none."""


def is_disguised(line: bytes, *, may_mask: bool) -> bool:
    """Whether there is such a sign; for emphasis alone only where a rule that masks is asked: it hides nothing else."""
    if line.isascii() and not any(sign in line for sign in _ASCII_SIGNS):
        return False  # as most lines are, and so is told a hundred times as quickly
    found = _IS_DISGUISED.search(line)
    return found is not None and (may_mask or not found[0].startswith(b"</"))


def looks(sign: re.Match[bytes]) -> bytes:
    """What a match of ``DISGUISE`` looks like; nothing for a sign that is not seen."""
    if sign["wide"] is not None:
        return _WIDE[sign["wide"]]
    if sign["code"] is not None:
        meant = DISGUISE.fullmatch(chr(int(sign["code"][2:], 16)).encode())
        return looks(meant) if meant is not None else b""
    if sign["quote"] is not None:
        written = sign["quote"].lower()
        return _CODED[written if written in _CODED else written.lstrip(b"\\%#&ux{0").rstrip(b"};")]
    if sign["dots"] is not None:
        return b" ..... "
    return b" " if sign["blank"] is not None else b""
