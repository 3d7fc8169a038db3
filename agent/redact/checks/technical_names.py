"""Names of technical things that stand where a secret would: an algorithm, a mechanism, a header, an entry of a cache.

``Loaded private key: RSA 2048 bit``, ``AUTH=CRAM-MD5``, ``API_KEY_HEADER=X-Api-Key`` and ``Restored cache from key
gems-v1-…`` tell what support has to know, and open nothing.
"""

from __future__ import annotations

import re

# How a key was made: RSA 4096, ECDSA P-256, ED25519, RSA (2048 bits).
_KIND_OF_KEY = (
    rb"(?:(?i:rsa|dsa|ecdsa|ecc?|ecdh|ed25519|ed448|x25519|x448)(?:[-/]?\d{3,5})?|[aA][eE][sS]-?\d{3}(?:-[A-Z]{3})?|"
    rb"DH|ssh-(?:rsa|ed25519)|ecdsa-sha2-nistp\d{3}|sk-(?:ssh|ecdsa)-[\w-]{4,20}@openssh\.com)"
)
_SIZE_OF_KEY = rb"(?:P-\d{3}|(?:nist|sec|brain)p\w{3,10}|prime\d{3}v\d|\d{3,5}(?:-?bits?)?|bits?|key)"
# The mechanisms that servers of mail, chat and directories offer (IANA, SASL mechanisms); they are written in capitals.
_MECHANISM = (
    rb"LOGIN|CRAM-MD5|DIGEST-MD5|SCRAM-SHA-?\d{1,3}(?:-\d{3})?(?:-PLUS)?|OAUTHBEARER|OAUTH10A|XOAUTH2?|GSSAPI|GSS-SPNEGO|"
    rb"SPNEGO|GS2-[A-Z0-9-]{2,20}|KERBEROS_V[45]|SECURID|SKEY|SRP|MSN|APOP|MIT-MAGIC-COOKIE-1|XDM-AUTHORIZATION-1|X-OAUTH2|XYMCOOKIE(?:B64)?|XOAUTH2-[A-Z]{2,10}"
)
_HEADER = rb"(?i:x(?:-[a-z]{2,20}){0,3}-(?:key|token|secret|signature|auth|authorization|apikey))"
_NAME = re.compile(
    rb"(?:"
    + _KIND_OF_KEY
    + rb"(?:[ ,:]{1,2}\(?"
    + _SIZE_OF_KEY
    + rb"\)?){0,3}|"
    + _MECHANISM
    + rb"|"
    + _HEADER
    + rb"|S[02]_(?:Unauthenticated|Authenticated|AccessControl|Legacy)"  # the classes of keys of Z-Wave
    + rb")\Z"
)
# What a build, a queue or a store calls by a key: "Restored cache from key", "hash key", "Cache hit for restore-key".
_KEY_OF_ENTRY = re.compile(
    rb"\b(?:(?:(?:s|c)?cach(?:e[sd]?|ing)|dedup\w{0,10})\b[^\r\n]{0,40}?"
    rb"(?:\b(?:from|for|with|by|under|using|exact|primary|hit|miss|matched|matching)[ :]\s?(?:the )?|\A)keys?|"
    rb"(?:restore|input|hash|action|dedup|deduplication|cache|idempotency|partition|routing|sort)[ _-]keys?)\Z"
)
_BARE_KEY = re.compile(rb"(?:\A|[^\w. -]\s?|\b(?:for|with|from|by|the)\s)keys?\Z")
_NAMED_DIGEST = re.compile(
    rb"(?!(?i:sk|pk|rk|ak|api|key|tok|token|secret|live|test|prod|pat|auth)[-_])"
    rb"[A-Za-z][\w.]{1,30}(?:-[\w.]{1,30}){1,8}-[0-9a-f]{32,64}\Z"
)
# What CI systems call an entry: the system or the package manager, words, and the digest of a file of versions.
_ENTRY_OF_CI = re.compile(
    rb"(?i)(?:linux|macos|windows|darwin|ubuntu|debian|alpine|node|npm|yarn|pnpm|bun|pip|pipenv|poetry|gradle|maven|m2|"
    rb"cargo|go|gems?|bundle|composer|nuget|deps|v\d{1,2})(?:[-_.][a-z][a-z0-9.]{0,19}|[-_.]\d[\d.]{0,9}){1,6}"
    rb"[-_][0-9a-f]{7,128}\Z"
)
_DIGEST = re.compile(rb"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})\Z")
# The annotations by which Helm charts start a pod anew when what it reads has changed.
_CHECKSUM = re.compile(rb"(?:(?:\A|[\s\"'{])(?:checksum|sha256|hash)/[\w.-]{1,80}|(?:\A|[\s\"'{/])secrets?-hash)\Z")


def is_technical_name(value: bytes) -> bool:
    """An algorithm with the size of its key, a mechanism to log in by, the name of a header."""
    return _NAME.match(value) is not None


def is_key_of_entry(value: bytes, before: bytes) -> bool:
    """What a cache calls an entry by; ``before`` is what stands in front of the value, in lower case."""
    if _KEY_OF_ENTRY.search(before) is not None:
        return True
    is_entry = _NAMED_DIGEST.match(value) is not None or _ENTRY_OF_CI.match(value) is not None
    return is_entry and _BARE_KEY.search(before) is not None


def is_checksum(value: bytes, name: bytes) -> bool:
    """The digest of a secret that a chart notes: ``checksum/secret``; ``name`` ends where the name does."""
    return _DIGEST.match(value) is not None and _CHECKSUM.search(name) is not None
