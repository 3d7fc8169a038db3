"""Whether several words behind a name like "password" are a pass phrase or the rest of a message.

Pass phrases are made of words that have nothing to do with each other ("hazel viper indigo orchid"), messages of
words that do: articles, verbs, and what programs talk about. One word of the second kind is enough to tell.
"""

from __future__ import annotations

import itertools
import re

from agent.redact.checks.message_words import says_something
from agent.redact.checks.program_texts import is_test_result
from agent.redact.checks.shown_texts import is_shown_text
from agent.redact.checks.technical_names import is_technical_name

_LONGEST_NAME_BYTES = 60
_FEWEST_WORDS = 3
_MOST_WORDS = 24
_RECOVERY_WORDS = (12, 15, 18, 21, 24)  # BIP 39; its words are common ones
_RECOVERY_WORD = re.compile(rb"[a-z]{3,8}\Z")

_CLEAR_NAME = re.compile(
    rb"(?i:pass|pwd|\bpw|secret|phrase|kennwort|wachtwoord|contrase|senha|clave|has(?:\xc5\x82|l)o|heslo|l\xc3\xb6senord|"
    rb"salasana|parola|seed|mnemonic|psk|(?:sign|encryption|private|recovery|master)\w*[ _.-]?key)[\w .-]{0,20}\Z"
)
# tool --password=x --mount /dev: what follows are the other arguments.
_OPTION = re.compile(rb"(?:\A|[\s\"'])(?:--?[\w.:/-]*|-{1,2}[\w-]{1,20} [\w.-]*)\Z")
_RANDOM_CHANGES = 4  # of case, from letter to letter: more than any word of a phrase or name of a class has
_LETTERS = re.compile(rb"(?:[A-Za-z]|[\xc2-\xf4][\x80-\xbf]{1,3}){2,20}[.,]?\Z")
_PART = re.compile(rb"(?:[A-Za-z]|[\xc2-\xf4][\x80-\xbf]{1,3}){2,20}\Z|[&+-]\Z")  # of a phrase that ends in a number
_LAST_PART = re.compile(rb"[^\s=:]{1,30}\Z")


def _is_random(word: bytes) -> bool:
    changes = sum(a.isupper() != b.isupper() for a, b in itertools.pairwise(word.decode("latin-1")))
    return word.isalpha() and changes >= _RANDOM_CHANGES


def is_recovery_phrase(value: bytes) -> bool:
    """The words of a wallet, as many as they are always."""
    words = value.split()
    return len(words) in _RECOVERY_WORDS and all(map(_RECOVERY_WORD.match, words))


def looks_passphrase(value: bytes, match: re.Match[bytes]) -> bool:
    """Several words, none of which belongs to a message; two words, or digits among them, need a clear name."""
    words = value.split()
    if is_recovery_phrase(value):
        return True
    before = match.string[max(0, match.start() - _LONGEST_NAME_BYTES) : match.start()]
    if not 2 <= len(words) <= _MOST_WORDS or any(map(says_something, words)) or _OPTION.search(before):
        return False
    if _is_random(words[0]) or is_test_result(value, match) or is_shown_text(value) or is_technical_name(value):
        return False  # NAME=value and the program that gets it; PASS: and the name of a test; a label
    if len(words) >= _FEWEST_WORDS and all(map(_LETTERS.match, words)):
        return True
    return _CLEAR_NAME.search(before.rstrip(b"\"'`\\")) is not None and (
        _LAST_PART.match(words[-1]) is not None and all(map(_PART.match, words[:-1]))
    )
