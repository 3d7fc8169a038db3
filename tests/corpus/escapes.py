"""How a value is written inside quotes, elements and addresses: sign by sign, so that each part can still be found."""

import json
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax import saxutils


def _plain(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Escape:
    """``inner`` rewrites sign by sign; ``around`` puts quotes around the whole where it needs them.

    ``takes_anything`` says that quotes, blanks and angle brackets in a value are taken care of.
    """

    inner: Callable[[str], str] = _plain
    around: Callable[[str], str] = _plain
    takes_anything: bool = True


def _if(pattern: str) -> Callable[[str], str]:
    return lambda text: f'"{text}"' if re.search(pattern, text) else text


ESCAPES = {
    "plain": Escape(takes_anything=False),
    "word": Escape(around=_if(r"\s"), takes_anything=False),
    "json": Escape(inner=lambda text: json.dumps(text, ensure_ascii=False)[1:-1]),
    "xml": Escape(inner=lambda text: saxutils.escape(text, {'"': "&quot;"})),
    "single": Escape(inner=lambda text: text.replace("\\", "\\\\").replace("'", "\\'")),
    "url": Escape(inner=lambda text: urllib.parse.quote(text, safe="")),
    "form": Escape(inner=urllib.parse.quote_plus),
    "sql": Escape(inner=lambda text: text.replace("'", "''")),
    "shell": Escape(inner=lambda text: text.replace("'", "'\\''")),
    "powershell": Escape(inner=lambda text: re.sub('([`"$])', r"`\1", text)),
    "csv": Escape(inner=lambda text: text.replace('"', '""'), around=_if(r'[",\n]')),
}
