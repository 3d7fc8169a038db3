"""Attacks as a table: each is refused by the check that is meant for it, and leaves nothing but its line."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.remote.envelope import LIMIT_BYTES, REQUEST_TYPE, SUCCESSION_TYPE, signed_bytes
from agent.remote.refusals import Reason, Refused
from agent.signature import SigningKey

L = 2**252 + 27742317777372353535851937790883648493  # RFC 8032 §5.1
WEAK_KEY = bytes([1]) + bytes(31)  # the neutral point: "its" signature of R = 1, S = 0 fits every message
OTHER_UUID = "00000000-0000-4000-8000-000000000000"


def altered(desk: Any, **others: object) -> bytes:
    """A good envelope whose payload says something else than what was signed."""
    parts = desk.parts(json.dumps(desk.fields()).encode())
    parts["payload"] = base64.b64encode(json.dumps(desk.fields(**others)).encode()).decode()
    return json.dumps(parts).encode()


def resigned(desk: Any, make: Callable[[bytes], bytes], **of_signature: object) -> bytes:
    """A good envelope whose 64 bytes of signature went through ``make``."""
    parts = desk.parts(json.dumps(desk.fields()).encode())
    number = make(base64.b64decode(parts["signatures"][0]["sig"]))
    parts["signatures"][0] |= {"sig": base64.b64encode(number).decode(), **of_signature}
    return json.dumps(parts).encode()


def with_s_plus_order(number: bytes) -> bytes:
    return number[:32] + (int.from_bytes(number[32:], "little") + L).to_bytes(32, "little")


def with_parts(desk: Any, **others: object) -> bytes:
    return json.dumps(desk.parts(json.dumps(desk.fields()).encode()) | others).encode()


def raw(desk: Any, old: str, new: str) -> bytes:
    """A signed statement whose text was replaced before it was signed, where ``json.dumps`` would not write it."""
    text = json.dumps(desk.fields(request_id=OTHER_UUID))
    assert old in text
    return desk.envelope(text.replace(old, new).encode("utf-8", "surrogatepass"))


def by_weak_key(desk: Any) -> bytes:
    return resigned(desk, lambda number: WEAK_KEY + bytes(32))


def by_manifest_signature(desk: Any) -> bytes:
    """The number of the signature that the same key makes over a manifest with the same text."""
    payload = json.dumps(desk.fields()).encode()
    armoured = desk.key.sign(payload).splitlines()[1:-1]
    return resigned(desk, lambda number: base64.b64decode(b"".join(armoured))[-64:])


def junk_in(desk: Any, junk: str) -> bytes:
    parts = desk.parts(json.dumps(desk.fields()).encode())
    return json.dumps(parts | {"payload": parts["payload"][:8] + junk + parts["payload"][8:]}).encode()


def two_signatures(desk: Any) -> bytes:
    parts = desk.parts(json.dumps(desk.fields()).encode())
    return json.dumps(parts | {"signatures": parts["signatures"] * 2}).encode()


def plainly_signed(desk: Any) -> bytes:
    """Signed without the type: the payload alone."""
    payload = json.dumps(desk.fields()).encode()
    return resigned(desk, lambda number: desk.number(payload))


def succession_as_request(desk: Any) -> bytes:
    payload = json.loads(desk.succession(SigningKey.made_now().public))["payload"]
    return desk.envelope(base64.b64decode(payload))


def succession_relabelled(desk: Any) -> bytes:
    parts = json.loads(desk.succession(SigningKey.made_now().public))
    return json.dumps(parts | {"payloadType": REQUEST_TYPE}).encode()


def late(desk: Any, **of_life: float) -> dict[str, str]:
    now = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    return {name: f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for name, hours in of_life.items()}


ATTACKS: dict[str, tuple[Callable[[Any], bytes], Reason]] = {
    # The envelope
    "nothing": (lambda desk: b"", Reason.NOT_AN_ENVELOPE),
    "no JSON": (lambda desk: b"{", Reason.NOT_AN_ENVELOPE),
    "another kind of JSON": (lambda desk: b"[]", Reason.NOT_AN_ENVELOPE),
    "no UTF-8": (lambda desk: b'{"payload": "\xff"}', Reason.NOT_AN_ENVELOPE),
    "a byte order mark": (lambda desk: b"\xef\xbb\xbf" + desk.request(), Reason.NOT_AN_ENVELOPE),
    "UTF-16": (lambda desk: desk.request().decode().encode("utf-16"), Reason.NOT_AN_ENVELOPE),
    "one byte too long": (
        lambda desk: desk.request() + b" " * (LIMIT_BYTES + 1 - len(desk.request())),
        Reason.OVERSIZED,
    ),
    "a megabyte": (lambda desk: b"[" * 10**6, Reason.OVERSIZED),
    "deeply nested": (lambda desk: b"[" * LIMIT_BYTES, Reason.NOT_AN_ENVELOPE),
    "deeply nested objects": (lambda desk: b'{"a":' * 3000, Reason.NOT_AN_ENVELOPE),
    "a name twice": (lambda desk: desk.request()[:-1] + b', "payload": ""}', Reason.NOT_AN_ENVELOPE),
    "a field besides": (lambda desk: with_parts(desk, command="rm"), Reason.NOT_AN_ENVELOPE),
    "not a number": (lambda desk: with_parts(desk, payload=float("nan")), Reason.NOT_AN_ENVELOPE),
    "two texts": (lambda desk: desk.request() * 2, Reason.NOT_AN_ENVELOPE),
    "unsigned": (lambda desk: with_parts(desk, signatures=[]), Reason.UNSIGNED),
    "signatures that are none": (lambda desk: with_parts(desk, signatures={}), Reason.NOT_AN_ENVELOPE),
    "a signature that is none": (lambda desk: with_parts(desk, signatures=["x"]), Reason.NOT_AN_ENVELOPE),
    "two signatures": (two_signatures, Reason.SEVERAL_SIGNATURES),
    "a signature with a certificate": (lambda desk: resigned(desk, bytes, cert="x"), Reason.NOT_AN_ENVELOPE),
    "a short signature": (lambda desk: resigned(desk, lambda number: number[:63]), Reason.NOT_AN_ENVELOPE),
    "a signature with more": (lambda desk: resigned(desk, lambda number: number + b"\0"), Reason.NOT_AN_ENVELOPE),
    "a key named otherwise": (lambda desk: resigned(desk, bytes, keyid="MD5:00"), Reason.NOT_AN_ENVELOPE),
    "no key named": (lambda desk: resigned(desk, bytes, keyid=None), Reason.NOT_AN_ENVELOPE),
    "base64 with a line end": (lambda desk: junk_in(desk, "\n"), Reason.NOT_AN_ENVELOPE),
    "base64 with a letter that is none": (lambda desk: junk_in(desk, "!"), Reason.NOT_AN_ENVELOPE),
    "base64 with padding inside": (lambda desk: junk_in(desk, "=="), Reason.NOT_AN_ENVELOPE),
    "base64 with loose bits": (lambda desk: with_parts(desk, payload="e31="), Reason.NOT_AN_ENVELOPE),
    "base64 for addresses": (lambda desk: with_parts(desk, payload="-_-_"), Reason.NOT_AN_ENVELOPE),
    "base64 in other letters": (lambda desk: with_parts(desk, payload="\uff45\uff13="), Reason.NOT_AN_ENVELOPE),
    # Key and signature
    "wrong key under the right name": (
        lambda desk: resigned(desk, lambda number: type(desk)().number(b"x")),
        Reason.BAD_SIGNATURE,
    ),
    "wrong key under its own name": (lambda desk: type(desk)().request(), Reason.UNKNOWN_KEY),
    "an empty signature": (lambda desk: resigned(desk, lambda number: bytes(64)), Reason.BAD_SIGNATURE),
    "a signature of small order": (by_weak_key, Reason.BAD_SIGNATURE),
    "S beyond the order": (lambda desk: resigned(desk, with_s_plus_order), Reason.BAD_SIGNATURE),
    "ticket swapped": (lambda desk: altered(desk, ticket="18"), Reason.BAD_SIGNATURE),
    "profile swapped": (lambda desk: altered(desk, profile="postgresql"), Reason.BAD_SIGNATURE),
    "a stolen database row, made longer": (
        lambda desk: altered(desk, expires_at="2027-01-01T00:00:00Z"),
        Reason.BAD_SIGNATURE,
    ),
    "a manifest's signature": (by_manifest_signature, Reason.BAD_SIGNATURE),
    "a signature without the type": (plainly_signed, Reason.BAD_SIGNATURE),
    "a succession relabelled": (succession_relabelled, Reason.BAD_SIGNATURE),
    "a succession": (lambda desk: desk.succession(SigningKey.made_now().public), Reason.OTHER_TYPE),
    "another version": (lambda desk: with_parts(desk, payloadType=REQUEST_TYPE + "2"), Reason.OTHER_TYPE),
    "a type that is none": (lambda desk: with_parts(desk, payloadType=[REQUEST_TYPE]), Reason.OTHER_TYPE),
    # Fields, each with a good signature: a desk that was broken into, short of the checks below
    "a succession signed as a request": (succession_as_request, Reason.MISSING_FIELD),
    "a statement that is no JSON": (lambda desk: desk.envelope(b"please"), Reason.NOT_A_STATEMENT),
    "a statement that is a list": (lambda desk: desk.envelope(b"[1]"), Reason.NOT_A_STATEMENT),
    "an empty statement": (lambda desk: desk.envelope(b""), Reason.NOT_A_STATEMENT),
    "a statement of nothing": (lambda desk: desk.envelope(b"{}"), Reason.MISSING_FIELD),
    "a field twice": (
        lambda desk: raw(desk, '"ticket": "17"', '"ticket": "17", "ticket": "18"'),
        Reason.NOT_A_STATEMENT,
    ),
    "a field twice, by escape": (
        lambda desk: raw(desk, '"ticket": "17"', '"ticket": "17", "\\u0074icket": "18"'),
        Reason.NOT_A_STATEMENT,
    ),
    "a statement deeply nested": (
        lambda desk: desk.request(options={"since_seconds": {"a": {"b": 1}}}),
        Reason.NOT_A_STATEMENT,
    ),
    "NaN": (lambda desk: desk.request(options={"since_seconds": float("nan")}), Reason.NOT_A_STATEMENT),
    "a fraction": (lambda desk: desk.request(options={"since_seconds": 3600.0}), Reason.NOT_A_STATEMENT),
    "a number of a thousand digits": (
        lambda desk: desk.request(options={"since_seconds": 10**1000}),
        Reason.NOT_A_STATEMENT,
    ),
    "an unknown field": (lambda desk: desk.request(command="id"), Reason.UNKNOWN_FIELD),
    "an endpoint": (lambda desk: desk.request(endpoint="desk:https://evil.example"), Reason.UNKNOWN_FIELD),
    **{
        f"no {name}": (lambda desk, name=name: desk.request(**{name: None}), Reason.MISSING_FIELD)
        for name in ("request_id", "tenant", "device_id", "ticket", "requester", "reason", "profile", "options",
                     "not_before", "expires_at")
    },
    "an id in capitals": (lambda desk: desk.request(request_id=str(uuid.uuid4()).upper()), Reason.BAD_FIELD),
    "an id in braces": (lambda desk: desk.request(request_id=f"{{{uuid.uuid4()}}}"), Reason.BAD_FIELD),
    "an id that is not random": (lambda desk: desk.request(request_id=str(uuid.UUID(int=5))), Reason.BAD_FIELD),
    "an id that is a path": (lambda desk: desk.request(request_id="../../etc/passwd"), Reason.BAD_FIELD),
    "a ticket that is a number": (lambda desk: desk.request(ticket=17), Reason.BAD_FIELD),
    "a ticket in other digits": (lambda desk: desk.request(ticket="\u0661\u0667"), Reason.BAD_FIELD),
    "a ticket that is a path": (lambda desk: desk.request(ticket="17/../18"), Reason.BAD_FIELD),
    "a ticket with a line end": (lambda desk: desk.request(ticket="17\n"), Reason.BAD_FIELD),
    "a device that is a list": (lambda desk: desk.request(device_id=["a"]), Reason.BAD_FIELD),
    "a profile that is a path": (lambda desk: desk.request(profile="../nginx"), Reason.BAD_PROFILE_NAME),
    "a profile that is a whole path": (lambda desk: desk.request(profile="/etc/nginx"), Reason.BAD_PROFILE_NAME),
    "a profile that is an option": (lambda desk: desk.request(profile="--logs=/"), Reason.BAD_PROFILE_NAME),
    "a profile that is a command": (lambda desk: desk.request(profile="nginx;id"), Reason.BAD_PROFILE_NAME),
    "a profile that is an object": (lambda desk: desk.request(profile={"a": 1}), Reason.BAD_PROFILE_NAME),
    "a path in the options": (lambda desk: desk.request(options={"logs": "/etc"}), Reason.BAD_OPTIONS),
    "a path beside the time span": (
        lambda desk: desk.request(options={"since_seconds": 60, "logs": "/etc"}),
        Reason.BAD_OPTIONS,
    ),
    "a command in the time span": (lambda desk: desk.request(options={"since_seconds": "1d; id"}), Reason.BAD_OPTIONS),
    "a time span of yes": (lambda desk: desk.request(options={"since_seconds": True}), Reason.BAD_OPTIONS),
    "a time span too short": (lambda desk: desk.request(options={"since_seconds": 59}), Reason.BAD_OPTIONS),
    "a time span too long": (lambda desk: desk.request(options={"since_seconds": 2_678_401}), Reason.BAD_OPTIONS),
    "options that are a list": (lambda desk: desk.request(options=[]), Reason.BAD_OPTIONS),
    # Texts that a person is shown
    "an empty reason": (lambda desk: desk.request(reason=""), Reason.BAD_TEXT),
    "a reason of spaces": (lambda desk: desk.request(reason="   "), Reason.BAD_TEXT),
    "a reason too long": (lambda desk: desk.request(reason="x" * 1001), Reason.BAD_TEXT),
    "a requester too long": (lambda desk: desk.request(requester="x" * 151), Reason.BAD_TEXT),
    "a requester that is a number": (lambda desk: desk.request(requester=1), Reason.BAD_TEXT),
    "not NFC": (lambda desk: desk.request(reason="e\u0301"), Reason.BAD_TEXT),
    "NUL": (lambda desk: desk.request(reason="a\0b"), Reason.BAD_TEXT),
    "a line end": (lambda desk: desk.request(requester="Kim\nAllowed: yes"), Reason.BAD_TEXT),
    "an escape of a terminal": (lambda desk: desk.request(reason="\x1b[2J"), Reason.BAD_TEXT),
    "another escape of a terminal": (lambda desk: desk.request(reason="\x9b2J"), Reason.BAD_TEXT),
    "bidirectional override": (lambda desk: desk.request(requester="Kim \u202emoc.live"), Reason.BAD_TEXT),
    "bidirectional isolate": (lambda desk: desk.request(requester="Kim \u2066"), Reason.BAD_TEXT),
    "zero width": (lambda desk: desk.request(requester="K\u200bim"), Reason.BAD_TEXT),
    "a letter that is drawn as nothing": (lambda desk: desk.request(requester="\u3164"), Reason.BAD_TEXT),
    "a tag": (lambda desk: desk.request(reason="a\U000e0041"), Reason.BAD_TEXT),
    "half a letter": (lambda desk: desk.request(reason="\ud800"), Reason.BAD_TEXT),
    "half a letter in its bytes": (lambda desk: raw(desk, "Restores", "\ud800"), Reason.NOT_A_STATEMENT),
    # Times
    **{
        f"a time as {text}": (lambda desk, text=text: desk.request(not_before=text), Reason.BAD_TIME)
        for text in (
            "2026-11-26T09:00:00+00:00", "2026-11-26T09:00:00.000Z", "2026-11-26 09:00:00Z", "2026-11-26t09:00:00z",
            "20261126T090000Z", "2026-11-26T09:00Z", "2026-11-26T24:00:00Z", "2026-12-31T23:59:60Z",
            "2026-02-29T09:00:00Z", "0000-01-01T00:00:00Z", "\u0662\u0660\u0662\u0666-11-26T09:00:00Z",
            " 2026-11-26T09:00:00Z", "now", 1,
        )
    },
    "valid for a day and a second": (
        lambda desk: desk.request(expires_at="2026-11-27T09:00:01Z"),
        Reason.TOO_LONG_VALID,
    ),
    "valid for ever": (lambda desk: desk.request(expires_at="9999-12-31T23:59:59Z"), Reason.TOO_LONG_VALID),
    "valid for no time": (lambda desk: desk.request(expires_at="2026-11-26T09:00:00Z"), Reason.TOO_LONG_VALID),
    "expired before it began": (lambda desk: desk.request(expires_at="2026-11-26T08:00:00Z"), Reason.TOO_LONG_VALID),
    "expired": (lambda desk: desk.request(**late(desk, not_before=-24, expires_at=0)), Reason.EXPIRED),
    "not yet": (lambda desk: desk.request(**late(desk, not_before=0.1, expires_at=20)), Reason.NOT_YET),
    # Whose it is
    "another tenant": (lambda desk: desk.request(tenant=OTHER_UUID), Reason.OTHER_TENANT),
    "another device": (lambda desk: desk.request(device_id=OTHER_UUID), Reason.OTHER_DEVICE),
    # What it asks
    "an unknown profile": (lambda desk: desk.request(profile="everything"), Reason.UNKNOWN_PROFILE),
    "the name of a folder": (lambda desk: desk.request(profile="nginx."), Reason.UNKNOWN_PROFILE),
}  # fmt: skip


SIGNED = {Reason.TOO_LONG_VALID, Reason.EXPIRED, Reason.NOT_YET, Reason.OTHER_TENANT, Reason.OTHER_DEVICE}
SIGNED |= {Reason.UNKNOWN_PROFILE}


@pytest.mark.parametrize("name", ATTACKS)
def test_the_attack_is_refused_for_its_own_reason_and_leaves_only_its_line(computer, desk, name) -> None:
    attack, reason = ATTACKS[name]
    before = computer.files()
    with pytest.raises(Refused) as refused:
        computer.admit(attack(desk))
    assert (refused.value.reason, str(refused.value)) == (reason, refused.value.sentence)
    (line,) = computer.told
    assert line.startswith("request-refused: ")
    told, asked = f"{reason}: {refused.value.sentence}", refused.value.asked
    assert line.endswith(f"{told} ({asked})" if asked else told)
    assert bool(asked) is (reason in SIGNED), (
        "who asked for what is told of what the pinned desk signed, and of no more"
    )
    assert not asked or asked.startswith("ticket ")
    after = computer.files()
    if reason is Reason.UNKNOWN_PROFILE:  # decided, and so used up; not counted
        (memory,) = [content for file, content in after.items() if file not in before]
        assert json.loads(memory)["accepted"] == []
    else:
        assert {file: content for file, content in after.items() if not file.startswith("remote/")} == before
        assert all(not json.loads(content)["used"] for file, content in after.items() if file not in before)
    computer.admit(desk.request())  # and nothing of the rate was used up


def test_there_are_enough_of_them_and_each_check_has_one() -> None:
    """Those that need a story (replay, rate, clock, policy, given-up keys) are in ``test_admission.py``."""
    assert len(ATTACKS) >= 100
    told = {reason for _, reason in ATTACKS.values()}
    stories = {"not-pinned", "given-up-key", "clock-set-back", "replayed", "too-many-kept", "too-soon",
               "too-many-today", "profile-not-allowed", "policy-off", "state-unusable"}  # fmt: skip
    assert {str(reason) for reason in Reason} - {str(reason) for reason in told} == stories


def test_the_type_is_part_of_what_is_signed() -> None:
    """DSSE's own example, protocol.md of version 1.0.2."""
    assert signed_bytes("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert signed_bytes(REQUEST_TYPE, b"") != signed_bytes(SUCCESSION_TYPE, b"")
