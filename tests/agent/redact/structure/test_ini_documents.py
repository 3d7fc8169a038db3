import configparser

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("[a]\npassword = a b c\nb = c\n", "[a]\npassword = #\nb = c\n"),
        ("secret = ab\\\n  cd\\\n  ef\nb = c\n", "secret = #\n  #\n  #\nb = c\n"),
        ("client_secret:\n  one\n  dHdv==\nb = c\n", "client_secret:\n  #\n  #\nb = c\n"),
        ("[secrets]\nx = y1\n", "[secrets]\nx = #\n"),
        ("; c\n# d\n! e\nuser=jsmith\n", "; c\n# d\n! e\nuser=user-…\n"),
        ("export API_KEY='x1'\r\nB=c\r\n", "export API_KEY='#'\r\nB=c\r\n"),
        ("[core]\n\tname = x\n\tpassword = y1\n", "[core]\n\tname = x\n\tpassword = #\n"),
        (
            'Windows Registry Editor Version 5.00\n\n[HKEY_X\\Y]\n"Password"=hex:01,\\\n  03\n@="d1"\n',
            'Windows Registry Editor Version 5.00\n\n[HKEY_X\\Y]\n"Password"=#\n  #\n@="d1"\n',
        ),
        ("password = x1\nserver {\n}\n", "password = x1\nserver {\n}\n"),
        ("password =\nb = c\n", "password =\nb = c\n"),
    ],
)
def test_values_are_masked_in_their_places(by_format, text, left):
    assert by_format("ini", text) == left


@given(lines=st.lists(st.text("abc1=", min_size=1), min_size=1, max_size=4), other=st.text("abc =", max_size=9))
def test_the_names_and_the_number_of_lines_stay(by_format, lines, other):
    text = "[a]\npassword = x1" + "\n  ".join(["", *lines]) + f"\nother = {other}\n"
    redacted = by_format("ini", text)
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(redacted)
    assert set(parser["a"]["password"].split()) == {"#"}
    assert parser["a"]["other"] == other.strip()
    assert redacted.count("\n") == text.count("\n")
