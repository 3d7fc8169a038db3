"""Keys as OpenSSH writes them, in one spelling, and none by which anybody could sign."""

import base64

import pytest

from desk import ed25519

SEED = bytes(range(32))
LINE = ed25519.line_of(ed25519.public_of(SEED))


def test_a_signature_is_that_of_rfc_8032():
    """Section 7.1, test 1."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert ed25519.public_of(seed) == public
    signature = ed25519.sign(seed, b"")
    assert signature.hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")
    assert ed25519.fits(public, b"", signature)
    assert not ed25519.fits(public, b"x", signature)


def test_a_line_is_read_as_it_was_written():
    assert LINE.startswith("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI")
    assert ed25519.key_of(LINE) == ed25519.public_of(SEED)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ssh-ed25519",
        f"{LINE} comment",
        f"{LINE}\n",
        f" {LINE}",
        LINE.replace("ssh-ed25519", "ssh-rsa"),
        LINE[:-4],
        f"{LINE}AAAA",
        "ssh-ed25519 " + base64.b64encode(b"x" * 51).decode(),
        "ssh-ed25519 \u00e9",
        *(ed25519.line_of(number.to_bytes(32, "little")) for number in (0, 1, 2**255 - 20, 2**255 - 18, 1 + 2**255)),
    ],
)
def test_what_is_no_key_is_refused(line):
    with pytest.raises(ValueError, match="no key"):
        ed25519.key_of(line)


def test_no_signature_by_a_weak_key_counts():
    """The neutral point, and the signature of nothing, which fit every message where nobody looks."""
    weak = (1).to_bytes(32, "little")
    assert not ed25519.fits(weak, b"anything", weak + bytes(32))
