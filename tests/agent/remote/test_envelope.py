"""An envelope is read in one way only; the attacks on it are in the table of ``test_admission_attacks.py``."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.remote import envelope as envelopes
from agent.remote.refusals import Reason, Refused
from agent.signature import PublicKey, SigningKey


def test_an_envelope_is_believed_of_its_signer_alone(desk, another_desk) -> None:
    found = envelopes.read(desk.envelope(b"{}"), envelopes.REQUEST_TYPE)
    assert (found.payload, found.keyid) == (b"{}", desk.key.public.fingerprint)
    found.require_signed_by(desk.key.public)
    for key in (another_desk.key.public, PublicKey(bytes([1]) + bytes(31)), PublicKey(bytes([2]) + bytes(31))):
        with pytest.raises(Refused) as refused:
            found.require_signed_by(key)
        assert refused.value.reason is Reason.BAD_SIGNATURE


def test_an_envelope_of_the_most_bytes_is_read(desk) -> None:
    data = desk.envelope(b"{}")
    envelopes.read(data + b" " * (envelopes.LIMIT_BYTES - len(data)), envelopes.REQUEST_TYPE)


@given(payload=st.binary(max_size=200))
def test_every_payload_comes_back_as_it_was_signed(payload) -> None:
    from tests.agent.remote.conftest import Desk

    key = SigningKey.made_now()
    found = envelopes.read(Desk(key).envelope(payload), envelopes.REQUEST_TYPE)
    assert found.payload == payload
    found.require_signed_by(key.public)


def test_the_order_and_the_spaces_of_the_envelope_do_not_matter(desk) -> None:
    parts = dict(reversed(desk.parts(b"{}").items()))
    envelopes.read(json.dumps(parts, indent=3).encode(), envelopes.REQUEST_TYPE)
