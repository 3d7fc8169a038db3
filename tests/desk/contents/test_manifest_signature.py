"""The desk finds by itself who signed a manifest; the signatures here were made by ssh-keygen."""

import json

import pytest

from desk.contents import manifest_signature
from desk.contents.manifest_signature import LIMIT_BYTES, checked

FINGERPRINT = "SHA256:YQmtV5i9wKw7iy1XStF/WMkQDNApIa3MSEFZU1hJxa8"
MANIFEST = json.dumps({"product": "Example Backup", "signing_key": FINGERPRINT}).encode() + b"\n"
SIGNATURE = b"""\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg4k22OEp94StJOTt5/Bl6O4kmM7
EDiC2YYq6fpvz8lAcAAAARc2VuZGxvZ3MtbWFuaWZlc3QAAAAAAAAABnNoYTUxMgAAAFMA
AAALc3NoLWVkMjU1MTkAAABA/PD6ZArhRrFJEtSFf98vXW+uhW823qHXHlTRGGZlWybxWG
YgMlKDIKjH2DMazAm5dNW2VF0rE+naEYU5c9LvBQ==
-----END SSH SIGNATURE-----
"""
# By the same key over the same bytes, but made for another purpose (-n elsewhere).
ELSEWHERE = b"""\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg4k22OEp94StJOTt5/Bl6O4kmM7
EDiC2YYq6fpvz8lAcAAAAJZWxzZXdoZXJlAAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1l
ZDI1NTE5AAAAQOq8m4VdjJW9aPzo/f2o4QCrvd0A17sKXPcA4FomipV5Npv1x3IkZHwIXB
pMoGUNvSFVa0NkxYUgs44xOXgPcwM=
-----END SSH SIGNATURE-----
"""


def test_a_signature_by_openssh_is_told_with_its_key():
    assert checked(MANIFEST, FINGERPRINT, SIGNATURE) == {"state": "signed", "fingerprint": FINGERPRINT}
    assert len(SIGNATURE) < LIMIT_BYTES


def test_a_bundle_of_old_is_not_signed():
    assert checked(MANIFEST, None, None)["state"] == "unsigned"


BAD = {
    "the manifest changed": (MANIFEST.replace(b"Backup", b"Restore"), FINGERPRINT, SIGNATURE),
    "another key is named": (MANIFEST, FINGERPRINT[:-1] + "A", SIGNATURE),
    "no key is named": (MANIFEST, None, SIGNATURE),
    "a list is named": (MANIFEST, [FINGERPRINT], SIGNATURE),
    "removed": (MANIFEST, FINGERPRINT, None),
    "empty": (MANIFEST, FINGERPRINT, b""),
    "neither named nor signed": (MANIFEST, "", b"x"),
    "cut short": (MANIFEST, FINGERPRINT, SIGNATURE[:-60]),
    "two": (MANIFEST, FINGERPRINT, SIGNATURE * 2),
    "with a word behind": (MANIFEST, FINGERPRINT, SIGNATURE + b"x"),
    "no text": (MANIFEST, FINGERPRINT, b"\xff\n\xff\n\xff\n"),
    "for another purpose": (MANIFEST, FINGERPRINT, ELSEWHERE),
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD)
def test_everything_else_is_bad(given):
    assert checked(*given)["state"] == "bad"


def test_every_changed_byte_is_bad():
    for at in range(len(SIGNATURE)):
        changed = SIGNATURE[:at] + bytes([SIGNATURE[at] ^ 1]) + SIGNATURE[at + 1 :]
        assert checked(MANIFEST, FINGERPRINT, changed)["state"] == "bad"


def test_a_key_that_fits_every_message_is_bad():
    """With the neutral point as R and zero as S the equation holds for whatever was said."""
    forged = manifest_signature._written(bytes([1]) + bytes(31), bytes([1]) + bytes(63))
    assert checked(MANIFEST, FINGERPRINT, forged) == {"state": "bad", "fingerprint": ""}
