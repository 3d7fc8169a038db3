import itertools
import re

import pytest

from agent.redact.checks.machine_checks import _is_address_in_line, is_address

BEFORE = (
    *(
        b"",
        b" ",
        b"from ",
        b"client=",
        b"dst: /",
        b"200 ",
        b"200  ",
        b"foo : ",
        b"- ",
        b"~",
        b"[",
        b"] ",
        b"\t",
        b"x\n",
    ),
    *(b"version ", b"version :", b"fw_release=", b"v", b"libx-", b"chrome/", b"==", b"pkg@", b"root@", b"version \n"),
    *(b"(>= ", b"(>= 1:", b"12:", b"range 10.1.2.3-", b"2-", b"upgraded from ", b"version to ", b"http://x/a@", b"to "),
)
BEHIND = (
    *(b"", b" ", b":443", b": ", b"]", b"]: reset high-speed", b" reset high-speed", b" amd64", b"  i386", b"\tall"),
    *(b"-1", b"-10.1.2.9", b"+dfsg", b"~rc2", b"~x", b"/24", b"\n", b" \namd64", b") ", b" arm", b" r"),
)


@pytest.mark.parametrize(
    ("before", "value", "is_address"),
    [
        (b"from ", b"10.0.0.5", True),
        (b"host/", b"10.0.0.5", True),
        (b"http://", b"10.0.0.5", True),
        (b"version ", b"1.2.3.4", False),
        (b"version: ", b"10.0.0.1", False),
        (b"v", b"1.2.3.4", False),
        (b"nginx/", b"1.2.3.4", False),
        (b"libx-", b"1.2.3.4", False),
        (b"at ", b"127.0.0.1", False),
        (b"on ", b"0.0.0.0", False),
        (b"at ", b"300.1.1.1", False),
        (b"mask ", b"255.255.255.0", False),
        (b"schema version 2.0.0.2 -> ", b"2.1.0.0", False),
        (b"upgrade 3.2.1.7 => ", b"3.2.2.0", False),
        (b"forward 10.1.2.3 -> ", b"10.1.2.4", True),
        (b"0.153201 10.1.2.3 -> ", b"10.1.2.4", True),
        (b"package Foo.Bar ", b"1.2.3.4", False),
        (b"package mirror ", b"198.51.100.7", True),
        (b"setup.exe ", b"16.0.4.44", False),
        (b"ping.exe ", b"16.0.4.44", True),
        (b"see section ", b"4.2.1.3", False),
        (b"ProductVersion    REG_SZ    ", b"10.2.4.5", False),
        (b"server zk1.litware.example/", b"10.2.4.5", True),
        (b"mozilla/", b"1.2.3.4", False),
        (b"node.js/", b"1.2.3.4", False),
    ],
)
def test_an_address_is_no_version_mask_or_loopback(check, before, value, is_address):
    assert check("address", value, before) is is_address


@pytest.mark.parametrize(
    "front", [b"", b"x ", b"12:30:01 INFO ", b"upgrade of it ", b"a" * 70 + b" ", b"(= \n", b"package a "]
)
def test_the_words_around_it_say_only_what_the_whole_line_says(front):
    for before, value, behind in itertools.product(BEFORE, (b"10.2.3.4", b"1.2.3.4"), BEHIND):
        lines = front + before + value + behind
        match = re.compile(re.escape(value)).search(lines, len(front + before))
        assert is_address(value, match) is _is_address_in_line(lines, *match.span()), lines


def test_lines_above_and_below_say_nothing_of_an_address():
    match = re.compile(rb"10\.2\.3\.4").search(b"from 10.2.3.4 \namd64")
    assert is_address(match[0], match)
    match = re.compile(rb"1\.2\.3\.4").search(b"range\n1.2.3.4-5 amd64")
    assert not is_address(match[0], match)


def test_the_second_address_of_a_range_is_one(check):
    assert check("address", b"10.0.0.9", b"pool 10.0.0.1-") is True
    assert check("address", b"10.0.0.9", b"libx 2-") is False


@pytest.mark.parametrize(
    ("value", "is_mac"),
    [
        (b"b8:a5:f8:b0:c5:72", True),
        (b"0:a5:f8:b:c5:72", True),
        (b"005079-6668ab", True),
        (b"0050-7966-68ab", True),
        (b"1:2:3:4:5:6", False),
        (b"231005-142233", False),
        (b"00:00:00:00:00:00", False),
    ],
)
def test_an_adapter_has_its_digits_and_is_no_date(check, value, is_mac):
    assert check("mac", value) is is_mac


def test_the_number_of_a_certificate_is_neither_address_nor_adapter(check):
    assert check("bare-ipv6", b"05:B3:B0:89:AC:D7:77:E7", before=b"serial ") is False
    assert check("mac", b"05:B3:B0:89:AC:D7:77:E7", before=b"Certificate serial ") is False
    assert check("mac", b"05:B3:B0:89:AC:D7:77:E7", before=b"eui ") is True


def test_the_address_of_every_loopback_adapter_is_nobodys(check):
    assert check("bare-ipv6", b"fe80::1%lo0") is False
    assert check("bare-ipv6", b"fe80::1c2d:3eff:fe4f:5a6b%en0") is True
