"""A piece of a key is found whatever a log writes around it, and what a log itself ends with is none."""

import base64
import random

import pytest

from agent.redact.key_lines import begins_at, last_piece_in, piece_before_end, piece_in

PIECE = base64.b64encode(random.Random(1).randbytes(48))
LAST = base64.b64encode(random.Random(2).randbytes(13))
AROUND = (
    *(
        b"%s",
        b"  %s",
        b'"%s",',
        b"%s\\n",
        b"['%s',]",
        b"(%s)",
        b"%s.",
        b"| %s |",
        b"<p>%s</p>",
        b"%s<br>",
        b'"%s\\n" +',
    ),
    *(b"%s$", b"%s\x00", b"%s\xc2\xa0", b'2024,"%s",host1,4', b"DEBUG %s (tls.go:33)", b'INFO %s {"req": 3}'),
    *(b"%s [host1]", b"msg=%s pid=1"),
)


@pytest.mark.parametrize("around", AROUND)
def test_a_piece_is_found_whatever_is_around_it_and_the_short_last_one_below_it(around):
    line = around % PIECE
    start, end = piece_in(line, 0)
    assert line[start:end].startswith(PIECE)
    found = piece_in(around % LAST, start) or last_piece_in(around % LAST, start, line[end:])
    assert LAST in (around % LAST)[slice(*found)]


def test_colours_are_no_part_of_it():
    line = b"\x1b[1;32m" + PIECE + b"\x1b[0m"
    assert line[slice(*piece_in(line, 0))] == PIECE


@pytest.mark.parametrize(
    "line",
    [
        b"handled request in 9ms trace_id=3f1c9a7b5e2d4c6f8a0b1d2e3f405162",
        b"loaded /usr/lib/x86/modules/kernel/drivers/net/driver7",
        b"/usr/lib/x86/modules/kernel/drivers/net",
        b"at com.example.InternalServerErrorException",
        b"GET /api/v1/projects/Alpha12/repositories/abcDEF/branches/main 200",
        b"load org/springframework/boot/autoconfigure/Security12 ok",
        b'"integrity": "sha512-' + PIECE + b'==",',
        b"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 pulled",
    ],
)
def test_what_lines_of_a_log_end_with_is_no_piece(line):
    assert piece_in(line, 40) is None


def test_pieces_in_hexadecimal_digits_stand_alone_or_in_groups():
    for line in (b"6acef03f62675b4b1bbd03e53b187727", b"  0A1B2C3D 0A1B2C3D 0A1B2C3D 0A1B2C3D"):
        assert line[slice(*piece_in(line, 0))] == line.strip()


@pytest.mark.parametrize(
    ("before", "found"), [(PIECE, (0, 64)), (b"done with it, ", None), (b"short", None), (b"", None)]
)
def test_a_piece_may_stand_in_front_of_the_end(before, found):
    assert piece_before_end(before + b"-----END X KEY-----", len(before)) == found


def test_pieces_begin_below_the_mark_of_their_key():
    mark = b"weird >> -----BEGIN OpenVPN Static key V1-----"
    column = begins_at(mark, mark.index(b"BEGIN"))
    line = b"weird >> 9f86d081884c7d659a2feaa0c55ad015"
    assert line[slice(*piece_in(line, column))] == line[9:]


def test_a_colour_is_no_last_piece():
    assert last_piece_in(b"\x1b[0m", 2, b"") is None


def test_a_line_of_a_vault_is_a_piece_wherever_it_stands():
    digits = b"39663836643038313838346337643635396132666561613063353561643031356133626634663162"
    line = b"12:07 some-log >> " + digits
    assert line[slice(*piece_in(line, 3))] == digits
