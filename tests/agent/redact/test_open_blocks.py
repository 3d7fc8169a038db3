"""What goes over lines is followed from one to the next, in whatever a log writes around each."""

import json

import pytest


def test_where_a_line_opens_an_account_and_a_secret_the_secret_is_masked(redactor, secret):
    assert secret not in redactor.text(f"Password for the admin user:\n  {secret}")[0]


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


ROUND = {
    "syslog": lambda text: f"May  1 10:00:00 localhost jenkins[812]: {text}",
    "containerd": lambda text: f"2024-05-01T00:00:00.123456789Z stdout F {text}",
    "log4j": lambda text: f"2024-05-01 10:00:00,123 INFO  [main] c.e.Foo - {text}",
    "compose": lambda text: f"\x1b[36mapp_1  |\x1b[0m {text}",
    "docker": lambda text: json.dumps({"log": text + "\n", "stream": "stdout"}),
    "zap": lambda text: json.dumps({"level": "info", "msg": text}),
    "syslog in docker": lambda text: json.dumps({"log": f"May  1 10:00:00 localhost jenkins[812]: {text}\n"}),
    "logfmt": lambda text: f"level=info msg={json.dumps(text)} pid=1",
    "coloured": lambda text: f"\x1b[32m{text}\x1b[0m",
}
OVER_LINES = {
    "sentence": "Please use the following password to proceed to installation:\n\n3f1c9a7b5e2d4c6f8a0b1d2e3f405162",
    "name": "Password:\nTeapot38x12Lp7Zt1",
    "scalar": "password: |\n  Teapot38x12Lp7Zt1",
    "list": "passwords:\n  - Teapot38x12Lp7Zt1",
    "table": "| user | password | x |\n|------|----------|---|\n| bob | Teapot38x12Lp7Zt1 | 1 |",
    "csv": "user,password,host\nbob,Teapot38x12Lp7Zt1,db1",
    "header": "Authorization: Bearer\n  Teapot38x12Lp7Zt1Teapot38x12Lp7Zt1",
    "variable": 'variable "token" {\n  default = "Teapot38x12Lp7Zt1"\n}',
    "pair": "- name: DB_PASSWORD\n  value: Teapot38x12Lp7Zt1",
    "element": "<password>\n  Teapot38x12Lp7Zt1\n</password>",
    "form": 'Content-Disposition: form-data; name="password"\n\nTeapot38x12Lp7Zt1',
    "key": f"-----BEGIN RSA PRIVATE KEY-----\n{'Teapot38x12Lp7Zt1' * 4}\nTeapot38\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("around", ROUND.values(), ids=ROUND)
@pytest.mark.parametrize("text", OVER_LINES.values(), ids=OVER_LINES)
def test_what_goes_over_lines_is_found_in_whatever_a_log_puts_round_each(redactor, around, text):
    last = around("and on 10 times")
    redacted = redactor.text("\n".join(map(around, text.split("\n"))) + f"\n{last}\n")[0]
    assert "Teapot38" not in redacted
    assert "3f1c9a7b" not in redacted
    assert redacted.endswith(
        f"{last}\n".replace(" h ", redacted.rsplit("10:00:00", 1)[-1][:15]) if " h " in last else f"{last}\n"
    )


@pytest.mark.parametrize("around", ROUND.values(), ids=ROUND)
def test_lines_of_others_between_those_of_a_key_are_passed_by(redactor, around):
    piece = "Teapot38x12Lp7Zt1" * 4
    text = "\n".join(
        line
        for each in ("-----BEGIN RSA PRIVATE KEY-----", piece, piece, piece)
        for line in (around(each), *["and on"] * 3)
    )
    redacted = redactor.text(text)[0]
    assert "Teapot38" not in redacted
    assert redacted.count("and on") == 12


KEPT = {
    "sentence": "{}check pass; user unknown\n{}authentication failure; logname= uid=0 euid=0 tty=x",
    "sentence with a tab": "{}wrong password\tretrying now\n{}abc1 def2\tretrying now",
    "sentence with a bar": "{}user password|role updated\n{}abc7 de8f|xyz",
    "end of a table": "{}owner|state\n{}starting up\n{}database system is ready\n{}ok",
    "accounts": "{}USER     TTY      FROM\n{}started\n{}ready",
    "paths below the name of a key": "{}expected BEGIN PRIVATE KEY-----\n{}GET /api/projects/Alpha12/old/abc 2\n{}ok",
    "words below the name of a key": "{}expected BEGIN PRIVATE KEY-----\n{}ready\n{}done\n{}listening",
}


@pytest.mark.parametrize("around", ROUND.values(), ids=ROUND)
@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_a_log_says_is_no_table_and_no_key(redactor, around, text):
    kept = "\n".join(around(line.replace("{}", "")) for line in text.split("\n"))
    assert redactor.text(kept) == (kept, {})


def test_what_began_without_a_prefix_may_look_like_one(redactor):
    redacted = redactor.text('password: """\n[x] Tr0ub4dor rest\n"""\nand on')[0]
    assert "[x]" not in redacted
    assert "Tr0ub4dor" not in redacted
