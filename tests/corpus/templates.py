"""Text from templates: the small language in which the kinds and the contexts of the corpus are written.

``{A20}`` is twenty signs of the set ``A`` (see ``SETS``), ``{pem3}`` three full lines of base 64, ``{user}`` what the
maker of that name makes (see ``makers``). What stands between ``«`` and ``»`` is what the row is about: it must
vanish, or it must stay. Anything else in braces is text.
"""

import random
import re
import string
from collections.abc import Mapping

from tests.corpus.makers import MAKERS

SETS = {
    "A": string.ascii_letters + string.digits,
    "L": string.ascii_letters,
    "a": string.ascii_lowercase,
    "l": string.ascii_lowercase + string.digits,
    "u": string.ascii_uppercase + string.digits,
    "d": string.digits,
    "n": "123456789",
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "t": string.ascii_uppercase + "234567",  # base 32
    "b": string.ascii_letters + string.digits + "+/",  # base 64
    "w": string.ascii_letters + string.digits + "_-",  # base 64 for addresses
    "K": "023456789ACDEFGHJKLMNPQRSTUVWXYZ",  # bech32 in capitals
    "s": "./" + string.ascii_letters + string.digits,  # crypt(3)
}
_PEM_LINE_SIGNS = 64  # RFC 7468, section 2
_PLACE = re.compile(r"\{([A-Za-z]+)(\d*)\}")
_MARKED = re.compile("«(.*?)»", re.DOTALL)


def filled(rng: random.Random, template: str, given: Mapping[str, str] | None = None) -> tuple[str, tuple[str, ...]]:
    """The text made from ``template``, and its marked parts, each line of one for itself.

    ``given`` are texts for names that the caller knows. An unknown name is a mistake in the template: ``KeyError``.
    """
    made = _PLACE.sub(lambda place: _one(rng, place[1], place[2], given or {}), template)
    marked = tuple(line for part in _MARKED.findall(made) for line in part.split("\n"))
    return _MARKED.sub(r"\1", made), marked


def _one(rng: random.Random, name: str, count: str, given: Mapping[str, str]) -> str:
    if name in given:
        return given[name]
    if name == "pem":
        return "\n".join("".join(rng.choices(SETS["b"], k=_PEM_LINE_SIGNS)) for _ in range(int(count)))
    if count and name in SETS:
        return "".join(rng.choices(SETS[name], k=int(count)))
    return MAKERS[name + count](rng)
