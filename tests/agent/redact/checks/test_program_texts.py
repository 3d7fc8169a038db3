"""Source code, usage texts and results of tests stay; a secret in the same place does not."""

import pytest

KEPT = [
    "--- PASS: TestTokenRefresh (0.41s)",
    "test token::refresh ... ok",
    "PASS [   0.123s] mail::token::tests::refresh",
    "password: SecretString,",
    "PASS: check-login",
    "PASS: test_user.sh 4 - rotates keys",
    "PASS src/auth/token.test.ts",
    "if (password === confirmPassword) {",
    "my ($user, $pass) = @_;",
    "my $password = shift;",
    "$cred = Get-Credential -UserName bo",
    "secret = base64.b64decode(raw)",
    "self.secret = secret",
    "token = jwt.encode(payload, secret)",
    "password = params[:password]",
    "label.password=Enter your password",
    "opts.token = opts.token || process.env.TOKEN;",
    "token->type = TOK_IDENT;",
    "    token: Option<String>,",
    "private token: TokenService",
    "  -p, --password[=name] Password to use",
    "usage: sshpass [-f|-d|-p|-e]",
    "  --secret arg  secret to use",
    "GET /?token=:token",
    "GET /?api_key=YOUR_API_KEY",
    "secret: !vault",
    "password: !env DB_PASSWORD",
    "pin: GPIO17",
    "secrets: [registry, tls]",
    'tokens = ["access", "refresh"]',
    "auth: worker started",
    "secret: lookup timed out",
    "client.id = consumer-billing-1",
    "Cache restored from key: node-modules-4f2b9a0c7d61e853",
    "password=file:/etc/app/pw",
    "1. Generate a new key with `openssl rand -base64 32`.",
    "Reset the password with 'bin/elasticsearch-reset-password -u elastic'.",
    "the password is set by `passwd -l root`",
    "TOKEN=`cat /run/token1`",
    "password: `openssl rand -base64 24`",
    'API_KEY="`cat key1.txt`"',
    "api_key: !vault_ref secret/data/shop#api_key",
    "password: !ssm /prod/db1/password",
    "password: !GetSecret db1",
]
MASKED = [
    "PASS: Walnut3812!",
    "PASS=TestTeapot3812",
    "PASS: test3812",
    "password: BlueTeapotStore",
    "password: New-York",
    "secret: Blue Running",
    "pin: PA55",
    "password a-z0-9XYZ!",
    "PASS Walnut3812",
    "password == Walnut3812",
    "self.secret = Walnut",
    "token->Walnut3812",
    "--secret Walnut3812",
    "GET /?token=Walnut3812abc",
    "password: !Walnut3812",
    "pin: 381204",
    'passwords = ["walnut", "teapot"]',
    'tokens = ["walnut", "teapot"]',
    "secrets: [registry, Walnut3812]",
    "secret: walnut teapot running orchid",
    "client.secret = consumer-billing-1",
    "the password is set to `Teapot3812`.",
    "password reset to `walnut teapot 38`",
    "password=`Teapot3812`",
    "api_key: !vault_ref Teapot3812",
    "password: !custom Teapot3812",
]


@pytest.mark.parametrize("line", KEPT)
def test_what_programs_write_is_kept(line, redactor, redact_bytes):
    assert redact_bytes(redactor, line.encode()).decode() == line


@pytest.mark.parametrize("line", MASKED)
def test_a_secret_in_the_same_place_is_masked(line, redactor, redact_bytes):
    assert b"[redacted:" in redact_bytes(redactor, line.encode())


def test_the_names_below_a_plural_are_kept(redactor, redact_bytes):
    text = b"services:\n  mail:\n    secrets:\n      - registry\n"
    assert redact_bytes(redactor, text) == text
    assert b"[redacted:" in redact_bytes(redactor, b"secrets:\n  - Walnut3812\n")
