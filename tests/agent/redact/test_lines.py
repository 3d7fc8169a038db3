"""A line is redacted by what stands in it, and by what began above it."""

import pytest


@pytest.fixture
def lines(redactor):
    return redactor._lines()


def test_a_line_with_nothing_to_find_is_the_same_object(lines):
    line = b"nothing to see here"
    assert lines.line(line) is line
    assert not lines.counts


def test_a_value_on_the_next_line_belongs_to_its_name(lines, secret):
    assert lines.line(b"password:") == b"password:"
    assert lines.beyond_near(b"any line", (), None) is None  # it may belong to the name above it
    assert secret.encode() not in lines.line(f"  {secret}".encode())
    assert lines.line(b"nothing to see here") == b"nothing to see here"
    assert sum(lines.counts.values()) == 1


def test_where_nothing_is_open_the_findings_are_all_there_is(lines):
    assert lines.beyond_near(b"any line", (), None) == []


def test_two_byte_characters_among_single_bytes_stay_so(lines, secret):
    wide = f"token {secret} here".encode("utf-16-le")
    redacted = lines.line(wide)
    assert secret.encode("utf-16-le") not in redacted
    assert redacted.decode("utf-16-le").startswith("token [redacted:")
    assert redacted.decode("utf-16-le").endswith("] here")


def test_where_a_line_opens_an_account_and_a_secret_the_secret_is_masked(lines, secret):
    lines.line(b"Password for the admin user:")
    assert secret.encode() not in lines.line(f"  {secret}".encode())


ABOVE = (
    "token:",
    "<tls-auth>",
    "password:",
    "Enter the token below:",
    "name,password",
    "Network list:",
    '"key": [',
    "Recovery codes:",
    "Username:",
    "- name: API_TOKEN",
    "Your new API key is:",
    "<auth-user-pass>",
    "Serial Number",
)
BELOW = {
    "password:\n{}": "Teapot38x12",
    "- name: DB_PASSWORD\n  value: {}": "Teapot38x12",
    "<key>Password</key>\n<string>{}</string>": "Teapot38x12",
    "name,password\nbo,{}": "Teapot38x12",
    "passphrase: |\n  {}\n  more words": "first38x line",
    "Your recovery codes:\n\n{}": "k3j9-x8m2-p0q7",
    '"secret":\n  "{}"': "Teapot38x12",
    "Enter this token:\n{}": "eyx8H2k9Qm3Lp7Zt1Rw5",
}


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize(("below", "secret"), BELOW.items())
def test_a_name_without_a_value_hides_no_name_below_it(redactor, above, below, secret):
    redacted = redactor.text(f"{above}\n{below.format(secret)}\nand on 10")[0]
    assert secret not in redacted
    assert redacted.endswith("and on 10")


def test_a_name_of_a_person_does_not_end_the_wait_for_a_password(redactor):
    assert "Teapot38x12" not in redactor.text("- name: API_TOKEN\n  owner:\n  value: Teapot38x12\n")[0]


def test_a_mark_in_front_of_a_line_of_a_key_does_not_let_the_rest_of_it_stay(redactor):
    begin, end = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
    kept = f"Private-Lines: 1\n[redacted:private-key] -MAC: x\n{begin}\n[redacted:private-key-lines]\n{end}\n"
    assert redactor.text(kept) == (kept, {})
    assert "q9xZ8h2kLm3p" not in redactor.text("Private-Lines: 1\n[redacted:private-key]q9xZ8h2kLm3p\n")[0]
