"""Lines below a sentence that tells secrets."""

import pytest

from agent.redact.checks.told_lines import NEXT_VALUE, code_in, password_in


@pytest.mark.parametrize("line", [b"  123456", b"1. a1b2c-d3e4f", b"  * 98765432\r\n", b"a1b2-c3d4, e5f6-a7b8"])
def test_a_code_alone_in_its_line_is_found(line):
    start, end = code_in(line)
    assert line[start:end].strip() == line[start:end] != b""


@pytest.mark.parametrize("line", [b"  404", b"123456", b"  some words", b"", b"some-more word-here1"])
def test_other_lines_hold_no_code(line):
    assert code_in(line) is None


@pytest.mark.parametrize("line", [b"bo:Teapot3812", b"    - svc_mail:Walnut+77x\n"])
def test_the_password_behind_an_account_is_found(line):
    start, end = password_in(line)
    assert line[start:end] in (b"Teapot3812", b"Walnut+77x")


def test_below_its_name_any_password_of_the_list_is_found():
    assert password_in(b"  root:teapot", below=b"chpasswd") == (7, 13)
    assert password_in(b"  root:RANDOM", below=b"chpasswd") is None
    assert password_in(b"  root:teapot", below=b"ports") is None


@pytest.mark.parametrize(
    "line",
    [b"root:RANDOM", b"nginx:1.25-alpine", b"host: Teapot3812", b"url:https://A1b2", b"db1:up", b"a:b:Teapot3812"],
)
def test_other_pairs_are_none_of_an_account_and_its_password(line):
    assert password_in(line) is None


@pytest.mark.parametrize(
    "line", [b"  vOtIY*bQK8=FdQ6D\n", b"mail1 | vOtIY*bQK8=FdQ6D", b"2025-01-01T10:00:00Z  vOtIY*bQK8=FdQ6D"]
)
def test_a_value_alone_in_its_line_may_hold_a_sign_of_assignment(line):
    assert NEXT_VALUE.match(line)["value"] == b"vOtIY*bQK8=FdQ6D"


@pytest.mark.parametrize("line", [b"retry_count=17b", b"two words 17b", b"short"])
def test_a_setting_is_no_value_alone_in_its_line(line):
    assert NEXT_VALUE.match(line) is None
