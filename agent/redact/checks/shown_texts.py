"""Texts that a program shows to people in the place of a secret: labels, hints and complaints of a form.

Catalogues of translations and answers of servers put them under the very key that a secret has: ``"password":
"Password is required"``, ``{"token": ["has expired"]}``. They are sentences that name the thing itself and say
something of it, or that begin where the name ends; words that have nothing to do with each other are a pass phrase.
"""

from __future__ import annotations

import re

from agent.redact.checks.message_words import says_something

_MOST_WORDS = 24
_FEWEST_WORDS = 3
_TEXT = re.compile(rb"(?:[A-Za-z\x80-\xff]|[\"'(){}<>:%/*,.!?-]|\d{1,3}(?![\dA-Za-z])| )+\Z")
_WORD = re.compile(rb"(?:[A-Za-z\x80-\xff](?:[a-z'\x80-\xff-])*|[A-Z]{2,5}|\d{1,3})\Z")
_BETWEEN_TEXTS = re.compile(rb"\"\s?,\s?\"")
_SIGNS = b".,:;!?*()<>{}\"'"
_THINGS = frozenset(
    "password passwords passphrase passcode passwort kennwort wachtwoord contraseña contrasena senha hasło "
    "heslo lösenord adgangskode salasana parola jelszó şifre пароль パスワード 密码 密碼 비밀번호 token "
    "secret credential credentials key pin code".encode().split()
)
_THINGS_OF_WORDS = (b"mot de passe", "mật khẩu".encode(), b"palavra passe", b"api key")
# What is said of them; not "my", "the", "new" or "secret", which people put into what they make up.
_SAID = frozenset(
    "introduzca introduce ingrese saisir "
    "is are was must should has have required missing invalid incorrect wrong expired empty blank forgot "
    "forgotten enter choose confirm confirmation repeat retype reset change show hide your please cannot "
    "can't doesn't don't mismatch match vergessen eingeben wiederholen bestätigen ändern erforderlich "
    "ungültig falsch zurücksetzen anzeigen oublié incorrect requis saisissez confirmer olvidaste olvidó "
    "obligatoria incorrecta confirmar dimenticata obbligatoria vergeten esqueceu failed denied not".encode().split()
)
_OF_FORMS = _THINGS | frozenset(
    b"field value valid invalid characters digits letters entry required blank empty short long weak common "
    b"minimum".split()
)
_LABEL_WORDS = 2
_LABELS = (b"new ", b"current ", b"old ", b"client ", b"api ", b"access ", b"refresh ", b"account ", b"your ")
_VERBS = (b"is ", b"has ", b"can't ", b"cannot ", b"must ", b"does ", b"doesn't ", b"should ", b"may not ", b"was ")
_DENIALS = (b"isn't a ", b"isn't an ", b"isn't in ", b"is not a ", b"is not an ", b"is not in ", b"doesn't exist")


def is_shown_text(value: bytes) -> bool:
    """A label, a hint or a complaint, in words alone; or the bare word for a password in one of the languages."""
    if _BETWEEN_TEXTS.search(value) is not None:
        return all(map(is_shown_text, _BETWEEN_TEXTS.split(value)))
    lower = value.strip(b" *:.?!").lower()
    if lower in _THINGS_OF_WORDS or (lower in _THINGS and not lower.isascii()) or lower == b"kennwort":
        return True
    words = [word.strip(_SIGNS) for word in value.split()]
    if not 2 <= len(words) <= _MOST_WORDS or _TEXT.match(value) is None:
        return False
    if not all(word == b"" or _WORD.match(word) for word in words):
        return False
    return _is_sentence(value, words) or _names_thing(lower)


def _is_sentence(value: bytes, words: list[bytes]) -> bool:
    """It begins with a verb where the name ended, or ends as sentences do; most of its words belong to a message."""
    if value.startswith(_DENIALS):
        return True
    lower = {word.lower() for word in words}
    telling = sum(map(says_something, words)) * 2 >= len(words)
    of_form = telling and not lower.isdisjoint(_OF_FORMS)
    if value.startswith(_VERBS):
        return of_form or words[-1].lower() in _SAID
    return value.endswith((b".", b"?")) and len(words) >= _FEWEST_WORDS and of_form and value[:1].isupper()


def _names_thing(lower: bytes) -> bool:
    words = {word.strip(_SIGNS) for word in lower.split()}
    if len(words) == _LABEL_WORDS and lower.startswith(_LABELS):
        return lower.endswith(tuple(_THINGS))
    named = not words.isdisjoint(_THINGS) or any(thing in lower for thing in _THINGS_OF_WORDS)
    return named and not words.isdisjoint(_SAID)
