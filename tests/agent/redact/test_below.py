"""Values that the shape of a line below tells: what was printed, typed, sent, and what only stands there."""

import pytest

from agent.redact.below import SHAPES, is_nearer, value_in


def taken(kind, *lines):
    """What the block of this kind takes of the lines, until it ends."""
    found, passed = [], 0
    for line in lines[: SHAPES[kind].lines]:
        value, now = value_in(kind, line.encode(), passed)
        if value is not None:
            found.append(line[slice(*value)])
        if now is None:
            break
        passed = now
    return found


@pytest.mark.parametrize(
    ("kind", "lines", "values"),
    [
        ("login-below", ["+ ", "AGJvAFRlYXBvdDM4MTI="], ["AGJvAFRlYXBvdDM4MTI="]),
        ("counted-below", ["$7\r", "default\r", "$9\r", "Tea+Pot38\r"], ["Tea+Pot38"]),
        ("printed-below", ['00000224`1c8e55b0  "Tea Pot 38"', '00000224`1c8e55f0  "walnut"'], ["Tea Pot 38", "walnut"]),
        ("printed-below", ["Teapot3812"], ["Teapot3812"]),
        ("typed-below", ["ioctl(0, TCGETS) = 0", 'read(0</dev/tty>, "teapot\\n", 511) = 7'], ["teapot"]),
        ("shown-below", ["", "Tea+Pot!"], ["Tea+Pot!"]),
        ("second-below", ["branch", "teapot"], ["teapot"]),
        ("simple-below", ["      simple: teapot"], ["teapot"]),
        ("macro-below", ["$USER8$=teapot"], ["teapot"]),
        ("argument-below", ["  Tea_Pot38 https://x"], ["Tea_Pot38"]),
        ("user-below", ["[2024-08-19T09:56:23.149Z] jdoe67"], ["jdoe67"]),
        ("user-below", ["litware\\jane.doe"], ["jane.doe"]),
        ("argument-below", ["  'Tea Pot 38' \\"], ["Tea Pot 38"]),
        ("base64-below", ["Tea/Pot3" * 8, "Wal+nut7" * 6 + "=="], ["Tea/Pot3" * 8, "Wal+nut7" * 6 + "=="]),
        ("numbered-below", ["======", "(0) 0x" + "b15786d5" * 8], ["0x" + "b15786d5" * 8]),
        ("community-below", ["set [ find default=yes ] name=tea.pot", "add name=walnut"], ["tea.pot", "walnut"]),
        ("radio-below", ["Type=4", "Key=" + "C0FFEE19" * 4], ["C0FFEE19" * 4]),
        (
            "dump-below",
            ["     31 52 76              1Rv", "     6c      l"],
            ["31 52 76              1Rv", "6c      l"],
        ),
        ("keyfile-below", ["\tC0FFEE19 D2B3A4C0", "</Data>", "C0FFEE19 D2B3A4C0"], ["C0FFEE19 D2B3A4C0"]),
        ("registry-below", ["  31,52,\\", "  76", '"Mail"=hex:31,52'], ["31,52", "76"]),
    ],
)
def test_what_a_line_of_this_shape_holds_is_taken(kind, lines, values):
    assert taken(kind, *lines) == values


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("login-below", ["+ ", "Z28gb24gdGhlbg=="]),
        ("counted-below", ["+OK\r", "teapot\r"]),
        ("printed-below", ["$1 = 0x0"]),
        ("printed-below", ["Breakpoint 1 at 0x1149: file a.c, line 5.", '"teapot"']),
        ("typed-below", ['read(3, "root:x:0:0\\nbin:x:1:1\\n", 511) = 7']),
        ("shown-below", ["bo@attic:~$"]),
        ("user-below", ["root"]),
        ("user-below", ["whoami: no such user"]),
        ("base64-below", ["da39a3ee5e6b4b0d3255bfef95601890afd80709"]),
        ("argument-below", ["  --host attic1"]),
        ("argument-below", ["  shop_db"]),
        ("argument-below", ["  https://attic1.test/x"]),
        ("base64-below", ["read 3 lines"]),
        ("numbered-below", ["(0) 0x70997970C51812dc3A010C7d01b50e0d17dc79C8"]),
        ("community-below", ["add addresses=::/0"]),
        ("shown-below", ["./deploy2.sh"]),
        ("shown-below", ["cat: x: No such file or directory"]),
        ("second-below", ["cat: no such file", "bo@attic:~$ ls"]),
        ("macro-below", ["$USER1$=/usr/lib/nagios/plugins"]),
    ],
)
def test_other_lines_stay_and_end_the_block(kind, lines):
    assert taken(kind, *lines) == []


def test_what_knows_its_line_goes_before_what_only_guesses():
    assert is_nearer("sent-below") is False
    assert is_nearer("shown-below")
    assert not is_nearer("next-line")
    assert not is_nearer("value-line")


@pytest.mark.parametrize(
    ("kind", "line", "value"),
    [
        ("name-line", b" Jane Doe\n", b"Jane Doe"),
        ("name-line", b" System Services\n", b""),
        ("account-line", b"  name: jdoe7\n", b"jdoe7"),
        ("account-line", b"  name: root\n", b""),
        ("number-line", b"0123456789abcdef\n", b"0123456789abcdef"),
        ("number-line", b"serial-abcdefgh\n", b""),
        ("number-line", b"unknown\n", b""),
        ("number-line", b"1.2.3\n", b""),
        ("number-line", b"error: no devices found\n", b""),
        ("next-line", b"  <string>C02XG0FDH7JY</string>\n", b"C02XG0FDH7JY"),
        ("next-line", b'<saml:AttributeValue xsi:type="xs:string">Jane</saml:AttributeValue>', b"Jane"),
        ("next-line", b"<AttributeValue>name-abcdefgh</AttributeValue>", b""),
        ("next-line", b"x is y\n", b""),
    ],
)
def test_a_value_is_alone_in_the_next_line(kind, line, value):
    assert [each.encode() for each in taken(kind, line.decode())] == ([value] if value else [])
