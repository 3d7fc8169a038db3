"""What the desk signs, in the form of DSSE: https://github.com/secure-systems-lab/dsse, version 1.0.2.

The type of a payload is part of what is signed, so that a statement of one kind never passes for one of another.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from desk import ed25519

REQUEST_TYPE = "application/vnd.sendlogs.collection-request.v1+json"
SUCCESSION_TYPE = "application/vnd.sendlogs.key-succession.v1+json"


def signed(payload_type: str, statement: Mapping[str, object], seed: bytes) -> str:
    """The envelope of a statement, as JSON text."""
    payload = json.dumps(statement, ensure_ascii=False).encode()
    signature = ed25519.sign(seed, signed_bytes(payload_type, payload))
    keyid = ed25519.fingerprint(ed25519.public_of(seed))
    signatures = [{"keyid": keyid, "sig": base64.b64encode(signature).decode()}]
    payload_text = base64.b64encode(payload).decode()
    return json.dumps({"payloadType": payload_type, "payload": payload_text, "signatures": signatures})


def signed_bytes(payload_type: str, payload: bytes) -> bytes:
    """What is signed in place of the payload: DSSE's pre-authentication encoding, protocol.md."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
