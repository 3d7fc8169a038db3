"""Secrets of devices: shown once, kept as a hash."""

import pytest

from desk.credentials import make_secret, same_digest, split_secret


def test_what_is_shown_is_found_again():
    secret = make_secret()
    assert split_secret(secret.written) == (secret.public_id, secret.digest)


def test_what_is_kept_does_not_tell_the_secret():
    secret = make_secret()
    assert secret.written.split(".")[1] not in secret.digest + secret.public_id


@pytest.mark.parametrize("written", ["", ".", "x", "x.y.z", "\ud800.\ud800", "x" * 10_000])
def test_nonsense_fits_nothing(written):
    public_id, digest = split_secret(written)
    assert len(public_id) <= 64
    assert not same_digest(digest, make_secret().digest)
