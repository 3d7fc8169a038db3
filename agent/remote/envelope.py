"""What the desk signs, in the form of DSSE: read strictly, and checked against one key alone.

The form: https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md; what is signed: ``protocol.md`` beside
it. The type is part of what is signed, so that a statement of one kind never passes for another; nor does a signature
that was made under another scheme, such as that of a bundle's manifest. Of the freedoms that DSSE leaves none is
taken: exactly one signature, Ed25519, padded standard base64 in the one spelling that each value has.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from agent.remote import strict_json
from agent.remote.refusals import Reason, Refused
from agent.signature import PublicKey, is_fingerprint

LIMIT_BYTES = 16 * 2**10  # decision 80; a request has some 900
REQUEST_TYPE = "application/vnd.sendlogs.collection-request.v1+json"
SUCCESSION_TYPE = "application/vnd.sendlogs.key-succession.v1+json"
_SIGNATURE_BYTES = 64
_DEPTH = 3  # the envelope, its list of signatures, one of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope by its form; nothing in it is believed yet."""

    payload_type: str
    payload: bytes
    keyid: str  # the fingerprint of the key, as OpenSSH writes it; only a hint which key it is
    number: bytes  # the signature, 64 bytes

    def require_signed_by(self, key: PublicKey) -> None:
        """Raise ``Refused`` unless exactly this type and this payload were signed by ``key``."""
        if not key.fits(signed_bytes(self.payload_type, self.payload), self.number):
            raise Refused(
                Reason.BAD_SIGNATURE, "The signature does not fit: the request was altered, or another signed it."
            )


def signed_bytes(payload_type: str, payload: bytes) -> bytes:
    """What is signed in place of the payload: DSSE's pre-authentication encoding, protocol.md."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def read(data: bytes, payload_type: str) -> Envelope:
    """The envelope in ``data``, which must be of that type. Raise ``Refused`` with what is wrong with its form."""
    if len(data) > LIMIT_BYTES:
        raise Refused(Reason.OVERSIZED, f"It is longer than {LIMIT_BYTES} bytes.")
    try:
        values = strict_json.parse(data, most_deep=_DEPTH)
    except ValueError as fault:
        raise Refused(Reason.NOT_AN_ENVELOPE, f"The envelope {fault}.") from None
    if values.keys() != {"payloadType", "payload", "signatures"}:
        raise Refused(Reason.NOT_AN_ENVELOPE, "The envelope has not exactly the fields of an envelope.")
    kind, signature = values["payloadType"], _only(values["signatures"])
    if kind != payload_type:
        raise Refused(Reason.OTHER_TYPE, "It is a statement of another kind.")
    keyid = signature["keyid"]
    if not isinstance(keyid, str) or not is_fingerprint(keyid):
        raise Refused(Reason.NOT_AN_ENVELOPE, "The signature names no key.")
    number = _decoded(signature["sig"])
    if len(number) != _SIGNATURE_BYTES:
        raise Refused(Reason.NOT_AN_ENVELOPE, f"The signature has not {_SIGNATURE_BYTES} bytes.")
    return Envelope(payload_type=payload_type, payload=_decoded(values["payload"]), keyid=keyid, number=number)


def _only(signatures: object) -> dict[str, object]:
    if not isinstance(signatures, list):
        raise Refused(Reason.NOT_AN_ENVELOPE, "The envelope holds no list of signatures.")
    if not signatures:
        raise Refused(Reason.UNSIGNED, "It is not signed.")
    if len(signatures) > 1:
        raise Refused(Reason.SEVERAL_SIGNATURES, "It has more than one signature.")
    signature: object = signatures[0]
    if not isinstance(signature, dict) or signature.keys() != {"keyid", "sig"}:
        raise Refused(Reason.NOT_AN_ENVELOPE, "The signature has not exactly the fields of a signature.")
    return signature


def _decoded(text: object) -> bytes:
    """The bytes of padded standard base64 in its one spelling: no line ends, no other letters, no loose bits."""
    try:
        written = text.encode("ascii") if isinstance(text, str) else b"?"
        decoded = base64.b64decode(written, validate=True)
    except (binascii.Error, UnicodeEncodeError):
        decoded, written = b"", b"?"
    if base64.b64encode(decoded) != written:
        raise Refused(Reason.NOT_AN_ENVELOPE, "The envelope holds something else than base64.")
    return decoded
