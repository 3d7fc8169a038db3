"""What stands behind the word ``password``: a secret, or the rest of a sentence that support needs."""

import pytest

PROSE = [
    '["x-api-key", "content-type", "x-request-id2"]',
    "allowed=(b'x-api-key', b'x-request-id')",
    'pin-sha256="d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmM="',
    "community: 10 members",
    "community: Windows Insider",
    "auth: backend ldap ready",
    "product key: installed",
    "token: EOF",
    "auth: start",
    "Passwort: gesetzt",
    "license key: trial",
    "mot de passe : défini",
    "token: NUMBER value: 14",
    "username:password:uid",
    "client_secret: env:CLIENT_SECRET",
    "password: expired",
    "token = null",
    "max_tokens: 512",
    "Invalid token: unexpected end of input",
    "token: ******",
    "Failed password for root from local port 22 ssh2",
    "password is too short",
    "password is required",
    "the password for bob has expired",
    "token refresh failed after 3 attempts",
    "secret rotation done",
    "auth: payload received",
    "password=${DB_PASSWORD}",
    "token={{ vault_token }}",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0",
    "sessionid:0x14ed93111f20027",
    "token: android.os.BinderProxy@2b1c3d4",
    "password check; user unknown",
    "secret manager is unavailable",
    "the API key is invalid",
    "primary_key=customer_id",
    "keyboard: de_DE",
    "passed: 17, failed: 2",
    "compass=north",
    "author: unknown",
    "authentication=KERBEROS",
    "tokenizer=standard",
    "key=value",
    "status installed passwd:amd64 1:4.13+dfsg1-1",
    "Setting up passwd (1:4.13+dfsg1-1) ...",
    "UPDATE users SET password = ? WHERE id = ?",
    "token: $(cat /run/token)",
    "password: (hidden)",
    "PWD=(not shown)",
    "unexpected token: identifier",
    "credentials: same-origin",
    "POST /api/token HTTP/1.1 200",
    "usage: tool [--password PASSWORD] [--token TOKEN]",
    "prompt_tokens: 12, completion_tokens: 34",
    'password := os.Getenv("DB_PASSWORD")',
    "password is case-sensitive",
]

SECRETS = [
    ("headers=[(b'host', b'x'), (b'api-key', b'Teapot3812')]", "Teapot3812"),
    ("[[b'x-vault-token', b'Teapot3812']]", "Teapot3812"),
    ("password: hunter2", "hunter2"),
    ("password=letmein", "letmein"),
    ("DB_PASS=a,b;c d", "a,b"),
    ("'password': 'correct horse battery'", "horse battery"),
    ('{"token":"abc\\"def"}', 'abc\\"def'),
    ('{\\"api_key\\":\\"k3y-v4lue\\"}', "k3y-v4lue"),
    ("clientSecret -> s3cr3t!", "s3cr3t!"),
    ("x-api-key: 7c29dea5", "7c29dea5"),
    ("Password is: Tr0ub4dor&3", "Tr0ub4dor&3"),
    ("PGPASSWORD=hunter2 psql", "hunter2"),
    ("adminPw=Summ3r$88", "Summ3r$88"),
    ("password=changeit", "changeit"),
    ("passwd: sunshine", "sunshine"),
    ('"password": "secret"', '"secret"'),
    ("login password=correct horse battery staple", "battery"),
    ("Kennwort: Xy7!abc", "Xy7!abc"),
    ("contraseña: RWI4GgS8saQqp", "RWI4GgS8saQqp"),
    ("пароль=hunter2", "hunter2"),
    ("name champion password lHpJazeXeOoXcWpdJGYr", "lHpJazeXeOoXcWpdJGYr"),
    ("the password is correct-horse", "correct-horse"),
    ("Authorization: Custom4 k3yid:5f8e1b6a0c3d", "5f8e1b6a0c3d"),
    ("secret_key_base: 3059deee80709753", "3059deee80709753"),
]


@pytest.mark.parametrize("text", PROSE)
def test_sentences_and_settings_stay(redactor, text):
    assert redactor.text(text) == (text, {})


@pytest.mark.parametrize(("text", "value"), SECRETS)
def test_secrets_go(redactor, text, value):
    assert value not in redactor.text(text)[0]


def test_a_long_word_behind_a_key_is_decided_in_no_time(redactor):
    """Words joined to words once took twice the time for each letter more."""
    text = "key=" + "a" * 400 + "1! next"
    assert redactor.text(text) == (text, {})


@pytest.mark.parametrize("before", ["<Data Name='TargetUserSid'>", "key: ", "profile for ", "User: "])
def test_a_sid_is_the_same_wherever_it_stands(redactor, before):
    for last in (1122, 7731, 48151):
        sid = f"S-1-5-21-1004336348-1177238915-682003330-{last}"
        assert redactor.text(before + sid)[0] == before + redactor.text(sid)[0]
