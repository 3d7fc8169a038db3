"""Signatures are OpenSSH's, fit one message and one key, and nothing that was changed passes for one."""

import base64
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import signature
from agent.signature import LIMIT_BYTES, BadSignature, PublicKey, SigningKey, is_fingerprint, is_signature, signer

# RFC 8032 §7.1, test 1: a seed and its public key.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
KEY = SigningKey(SEED + PUBLIC)
MESSAGE = b'{"format": 1}\n'
SIGNATURE = KEY.sign(MESSAGE)


def test_a_signature_tells_its_signer():
    assert signer(SIGNATURE, MESSAGE) == KEY.public
    assert KEY.sign(MESSAGE) == SIGNATURE
    assert is_signature(SIGNATURE)
    assert len(SIGNATURE) < LIMIT_BYTES


def test_every_key_is_another_one():
    first, second = SigningKey.made_now(), SigningKey.made_now()
    assert first.public.fingerprint != second.public.fingerprint
    assert signer(first.sign(b""), b"") == first.public
    assert SigningKey(first.stored) == first


def test_the_secret_half_is_not_shown():
    assert repr(SEED)[2:-1] not in repr(KEY)


@pytest.mark.parametrize(
    "stored", [b"", SEED, PUBLIC + SEED, SEED + PUBLIC + b"\n", bytes([SEED[0] ^ 1]) + SEED[1:] + PUBLIC]
)
def test_a_damaged_key_is_none(stored):
    with pytest.raises(ValueError, match="no signing key"):
        SigningKey(stored)


def test_another_message_does_not_fit():
    with pytest.raises(BadSignature, match="does not fit"):
        signer(SIGNATURE, MESSAGE + b" ")


@settings(max_examples=200)
@given(st.integers(0, len(SIGNATURE) - 1), st.integers(0, 7))
def test_no_bit_of_a_signature_can_be_changed(at, bit):
    changed = bytearray(SIGNATURE)
    changed[at] ^= 1 << bit
    with pytest.raises(BadSignature):
        signer(bytes(changed), MESSAGE)


OTHERS = {
    "empty": b"",
    "cut short": SIGNATURE[:-40],
    "two": SIGNATURE * 2,
    "with a word behind": SIGNATURE + b"password=hunter2\n",
    "with other line ends": SIGNATURE.replace(b"\n", b"\r\n"),
    "with other bytes": b"\xff" * 300,
    "a public key": KEY.public.line.encode(),
}


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_what_is_no_signature_letter_by_letter_is_none(data):
    assert not is_signature(data)
    with pytest.raises(BadSignature, match="is none"):
        signer(data, MESSAGE)


def test_a_public_key_is_read_from_its_line():
    assert PublicKey.of_line(f"{KEY.public.line} a comment\n") == KEY.public
    assert is_fingerprint(KEY.public.fingerprint)
    assert not is_fingerprint(KEY.public.fingerprint[:-1])


@pytest.mark.parametrize(
    "line", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-ed25519 !", f"ssh-rsa {KEY.public.line.split()[1]}"]
)
def test_what_is_no_public_key_is_refused(line):
    with pytest.raises(ValueError):  # noqa: PT011 - base64 has words of its own
        PublicKey.of_line(line)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no OpenSSH here")
def test_openssh_agrees(tmp_path):
    (tmp_path / "manifest.sig").write_bytes(SIGNATURE)
    (tmp_path / "key.pub").write_text(KEY.public.line + "\n", "ascii")
    argv = ["ssh-keygen", "-Y", "check-novalidate", "-n", "sendlogs-manifest", "-s", str(tmp_path / "manifest.sig")]
    told = subprocess.run(argv, input=MESSAGE, capture_output=True, check=True).stdout.decode()
    assert KEY.public.fingerprint in told
    shown = subprocess.run(["ssh-keygen", "-l", "-f", str(tmp_path / "key.pub")], capture_output=True, check=True)
    assert KEY.public.fingerprint in shown.stdout.decode()
    assert subprocess.run(argv, input=b"changed", capture_output=True, check=False).returncode != 0


def test_the_public_key_stands_in_the_signature():
    body = b"".join(SIGNATURE.splitlines()[1:-1])
    assert PUBLIC in base64.b64decode(body)


@pytest.mark.parametrize(
    "key",
    [
        bytes([1]) + bytes(31),
        bytes(31) + bytes([128]),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
    ],
)
def test_a_key_that_fits_every_message_is_none(key):
    """With the neutral point as R and zero as S the equation holds for whatever was said."""
    forged = signature._armoured(PublicKey(key), bytes([1]) + bytes(63))
    with pytest.raises(BadSignature, match="every manifest"):
        signer(forged, b"whatever")


def test_a_bare_signature_fits_its_message_alone_and_in_one_form():
    """RFC 8032 §7.1, test 1, and §5.1.7: S is below the order of the group."""
    number = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    order = 2**252 + 27742317777372353535851937790883648493
    beyond = number[:32] + (int.from_bytes(number[32:], "little") + order).to_bytes(32, "little")
    assert KEY.public.fits(b"", number)
    assert not any(KEY.public.fits(b"", other) for other in (beyond, number[:63], number + b"\0", b"", bytes(64)))
    assert not KEY.public.fits(b"x", number)
    assert not KEY.public.is_weak
    neutral = PublicKey(bytes([1]) + bytes(31))
    assert neutral.is_weak
    assert not neutral.fits(b"", neutral.raw + bytes(32))
