import pytest

BODY = "MIIEowIBAAKCAQEA7q9xZmFrZUtleU1hdGVyaWFsRm9yVGVzdHNPbmx5MDEyMzQ1"


def test_a_private_key_keeps_its_number_of_lines(redactor):
    text = "a\n-----BEGIN RSA PRIVATE KEY-----\n" + f"{BODY}\n" * 5 + "Zm9v\n-----END RSA PRIVATE KEY-----\nb 10 ok\n"
    redacted = redactor.text(text)[0]
    assert redacted.count("\n") == text.count("\n")
    assert BODY[:12] not in redacted
    assert "Zm9v" not in redacted
    assert redacted.endswith("-----END RSA PRIVATE KEY-----\nb 10 ok\n")


def test_a_private_key_without_its_end_costs_only_its_lines(redactor):
    text = f"-----BEGIN PRIVATE KEY-----\n{BODY}\n{BODY}\n2026-01-01 12:00:00 INFO the server goes on, as before\n" * 2
    redacted = redactor.text(text)[0]
    assert BODY[:12] not in redacted
    assert redacted.count("the server goes on, as before") == 2


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_ends_stay_as_they_are(redactor, ending):
    text = ending.join(["-----BEGIN EC PRIVATE KEY-----", BODY, "-----END EC PRIVATE KEY-----", "x"])
    redacted = redactor.text(text)[0]
    assert redacted.count(ending) == text.count(ending)
    assert redacted.count("\n") == text.count("\n")


def test_a_key_in_a_log_with_prefixes_is_masked(redactor):
    lines = ["-----BEGIN PRIVATE KEY-----", BODY, BODY[:30], "-----END PRIVATE KEY-----", "done"]
    redacted = redactor.text("\n".join(f"2026-01-01 12:00:00 app: {line}" for line in lines))[0]
    assert BODY[:12] not in redacted
    assert redacted.endswith("app: done")


def test_a_public_certificate_stays(redactor):
    body = "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ"
    text = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
    assert redactor.text(text) == (text, {})


@pytest.mark.parametrize(
    ("text", "secret", "stays"),
    [
        ("password: |\n  first line 1\n  second\nport: 80\n", "second", "port: 80"),
        ("- name: API_TOKEN\n  value: 8fh2kd92\n- name: PORT\n  value: web\n", "8fh2kd92", "value: web"),
        ('{"name": "DB_PASSWORD",\n "value": "a b!c"},\n', "a b!c", '"value"'),
        ("<key>Password</key>\n<string>hunter2</string>\n<key>x</key>\n", "hunter2", "<key>x</key>"),
        ('token = """\nabc123\n"""\nnext = 1\n', "abc123", "next = 1"),
    ],
)
def test_a_value_below_its_name_is_masked_and_what_follows_stays(redactor, text, secret, stays):
    redacted = redactor.text(text)[0]
    assert secret not in redacted
    assert stays in redacted
    assert redacted.count("\n") == text.count("\n")


def test_a_table_may_end_each_line_with_its_sign(redactor):
    text = "| user | password   | role |\n|------|------------|------|\n| bo   | Teapot3812 | ops  |\n"
    redacted = redactor.text(text)[0]
    assert "Teapot3812" not in redacted
    assert redacted.endswith("| ops  |\n")


@pytest.mark.parametrize(
    "above",
    ["<tls-auth>", "password:", "name,password", "Enter the token below:", "secret: |", "Network list:", '"key": ['],
)
@pytest.mark.parametrize("kind", ["OpenVPN Static key V1", "RSA PRIVATE KEY"])
def test_a_key_is_masked_whatever_the_line_above_has_opened(redactor, above, kind):
    lines = [f"{number:032x}" for number in range(10**30, 10**30 + 5)]
    text = "\n".join([above, f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", "and on 10"])
    redacted = redactor.text(text)[0]
    assert not [line for line in lines if line in redacted]
    assert redacted.endswith("and on 10")
