import json

import pytest

from agent.redact import CannotRedact
from agent.redact.long_line import WINDOW_BYTES


@pytest.fixture
def redacted(redactor, redact_bytes):
    """What becomes of these bytes."""
    return lambda data: redact_bytes(redactor, data)


@pytest.mark.parametrize("shift", [0, 1, 7, 20, 39])
def test_a_secret_across_the_border_of_a_window_is_masked_whole(redacted, secret, shift):
    for border in (WINDOW_BYTES, 2 * WINDOW_BYTES, WINDOW_BYTES - 4096, WINDOW_BYTES - 4096 - 512):
        data = b"a " * ((border - shift) // 2) + secret.encode() + b" tail" + b" b" * 20_000
        found = redacted(data)
        assert secret.encode()[4:14] not in found
        assert secret.encode()[-10:] not in found
        assert found.count(b" tail") == 1
        assert found.count(b" b") == 20_000


def test_a_secret_longer_than_a_window_is_masked_to_its_end(redacted):
    data = b"x token=" + b"Ab3" * 30_000 + b" after"
    found = redacted(data)
    assert b"Ab3Ab3" not in found
    assert found.endswith(b" after")


@pytest.mark.parametrize("count", [60, 400, 3000, 10_000, 60_000])
def test_a_quoted_secret_of_any_length_is_masked_to_its_quote(redacted, count):
    data = b'{"password":"' + b"Ab9 " * count + b'","port":80} end'
    assert redacted(data) == b'{"password":"[redacted:secret-quoted]","port":80} end'


@pytest.mark.parametrize("before", range(WINDOW_BYTES - 60, WINDOW_BYTES, 10))
def test_two_byte_characters_in_a_long_line_of_single_bytes_are_refused(redacted, secret, before):
    """Whether a window begins with the first or the second of two bytes is not to be known: no border is safe."""
    wide = ("x" * (before // 2) + f" password={secret} " + "y" * 9000).encode("utf-16-le")
    with pytest.raises(CannotRedact, match="encoding"):
        redacted(b"one line\n" * 9000 + wide + b"\nlast\n")


@pytest.mark.parametrize("before", [0, 200_000, 262_000, 300_000])
def test_json_in_a_long_line_is_read_wherever_the_line_begins(redacted, before):
    line = json.dumps({"pad": "x " * 50_000, "passwords": ["Teapot3812"] * 9})
    for end in (b"\n", b""):
        assert b"Teapot" not in redacted(b"ok\n" * (before // 3) + line.encode() + end)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"pad": "x " * 9000, "credentials": {"user": "bo", "value": "Teapot3812"}}),
        json.dumps({"passwords": ["Teapot3812"] * 2000}),
        json.dumps({"log": "word " * 4000 + 'the password for root is "Teapot3812" now, ' + "word " * 9000}),
        json.dumps({"log": "word " * 4000 + 'ALTER USER x IDENTIFIED BY "Teapot3812" now'}),
    ],
    ids=["below a key", "list below a key", "string over windows", "string over a window"],
)
def test_json_in_a_long_line_is_read_as_in_a_short_one(redacted, text):
    assert b"Teapot" not in redacted(b"INFO " + text.encode() + b"\nok\n")
