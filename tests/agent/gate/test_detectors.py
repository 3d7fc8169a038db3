"""Each detector finds what it is for, and lets pass what merely looks like it."""

import pytest
import re2
from hypothesis import example, given
from hypothesis import strategies as st

from agent.gate.detectors import DETECTORS, Detectors, matches
from agent.gate.vendor_shapes import SHAPES

# Made up from the shapes that vendors document; none was ever issued.
ALNUM = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z5A7c9E1g3I5k7M9"
BODY = ALNUM + ALNUM.swapcase()
HITS = {
    "private-key": [
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA",
        '"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg"',
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBGVjd0ABCADC",
    ],
    "private-key-lines": [f"-----BEGIN PRIVATE KEY-----\n  {BODY[:64]}\n  {BODY[-64:]}\n"],
    "putty-key": ["Private-Lines: 14\nAAABAQCxyz0123456789abcd"],
    "age-key": ["AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN"],
    "aws-access-key": ["AKIAQ3EGRX7NZB2WKLYP", "key ASIAQ3EGRX7NZB2WKLYP."],
    "github-token": [f"ghp_{ALNUM[:36]}", f"github_pat_{ALNUM[:22]}"],
    "gitlab-token": [f"glpat-{ALNUM[:20]}"],
    "slack-token": ["xoxb-123456789012-abcdefGHIJ"],
    "slack-webhook": ["https://hooks.slack.com/services/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"],
    "stripe-key": ["sk_" + f"live_{ALNUM[:24]}"],
    "google-api-key": [f"AIza{ALNUM[:35]}"],
    "google-oauth-token": [f"ya29.{ALNUM[:40]}"],
    "json-web-token": [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
    ],
    "npm-token": [f"npm_{ALNUM[:36]}"],
    "pypi-token": [f"pypi-{ALNUM}{ALNUM}"],
    "sendgrid-key": [f"SG.{ALNUM[:22]}.{ALNUM[:43]}"],
    "docker-token": [f"dckr_pat_{ALNUM[:27]}"],
    "huggingface-token": [f"hf_{ALNUM[:34]}"],
    "openai-key": [f"sk-proj-{ALNUM[:40]}"],
    "digitalocean-token": ["dop_v1_" + "0123456789abcdef" * 4],
    "shopify-token": ["shpat_" + "0123456789abcdef" * 2],
    "vault-token": [f"hvs.{ALNUM[:30]}"],
    "azure-account-key": [f"AccountKey={ALNUM[:49]}{ALNUM[:37]}=="],
    "presigned-url": ["X-Amz-Signature=" + "0123456789abcdef" * 4],
    "url-credentials": [
        "postgresql://app:s3cret@db.internal/app",
        "redis://:s3cret@cache:6379",
        "http://a.b:p%40ss@[::1]:80/",
    ],
    "authorization-header": [
        "Authorization: Basic am86aHVudGVyMg==",
        '"authorization": "Bearer abcdef12"',
        "-H 'Authorization: token 0123abcd'",
    ],
    "bearer-token": [f"using bearer {ALNUM[:30]}"],
    "session-cookie": ["Cookie: a=b; JSESSIONID=1A2B3C4D5E6F7A8B9C0D1E2F3A4B5C6D"],
    "password-assignment": [
        "password=hunter2!",
        '"db_password": "c0rrect-horse"',
        "Passwd: p4ssw0rd1",
        "userPassword => 'x9!kLm'",
        '{\\"password\\":\\"x9klmn\\"}',
        '{user = 0x5581 "bo", password = 0x5590 "x9klmn", len = 10}',
        '(NSString *) password = 0x0000600 @"x9klmn"',
        "password: !!str x9klmn",
        "password: !unsafe 'x9klmn'",
        "password: !x9klmn",
        "--password=x9klmn",
    ],
    "pass-assignment": ["DB_PASS=x9!klmn", '"pass": "x9!klmn"', "pwd = x9klmn"],
    "secret-assignment": [
        "client_secret=ab12CD34ef56",
        "api-key: 'ab12CD34ef56gh'",
        "auth_token => ab12CD34ef56",
        '"secretKey":"ab12+/CD34ef56=="',
        'token = 0x5590 "ab12CD34ef56"',
    ],
    "mail-address": ["jo.smith@corp.com", "<jo@uni-bonn.de>", "mailto:jo@x.co.uk"],
    "payment-card": ["4111 1111 1111 1111", "5555-5555-5555-4444", "3782 822463 10005", "card=4012888888881881"],
}
MISSES = [
    "System.Core, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089",
    "logs/password=redacted-secret-bare.old-part-k3v9x2mq.log",
    # what redaction leaves
    "password: [redacted:password]",
    '"token": "[redacted:api-token]"',
    "Authorization: Bearer [redacted:bearer]",
    "https://user-abcdefgh:[redacted:url-password]@host-abcdefgh/",
    "https://[redacted:url-credentials]@host-abcdefgh/",
    "-----BEGIN RSA PRIVATE KEY-----\n[redacted:private-key]\n-----END RSA PRIVATE KEY-----",
    "mail-abcdefgh",
    "user-abcdefgh@github.com",
    "api_key=name-k4v2x2mq",
    # what stands where a secret would
    "password=********",
    "password=<hidden>",
    "password=${DB_PASSWORD1}",
    "password=%s",
    '"password": null',
    "secret: None",
    "token=xxxxxxxxxxxxxxxx",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "AKIAIOSFODNN7EXAMPLE",
    "http://user:pass@host/",
    # what speaks of secrets
    "token expired",
    "Password authentication failed for user",
    "Accepted password for root from 10.0.0.1 port 22",
    "password: required",
    "bearer of bad news",
    # the next line is another
    "oauth2: token_type=bearer\n9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  release.tar.gz",
    "bob@web1's password:\nroot@web1:~# uptime",
    "enter the token:\r\nk3v9-x2mq.service started",
    "PASS: binutils/pr21231a",
    "PWD=/home/user-abcdefgh/x1",
    "secret=/run/secrets/db_password1",
    "token_url=https://login.example.com/oauth2/token",
    "stream/token: com.apple.xpc.activity/4505",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG",
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAg",
    # source code
    "password=password",
    "password = self.config.password2",
    "password=getPassword1()",
    "token = tokens[0]",
    "secret := os.Getenv1(",
    # not an address of a person
    "git@github.com:org/repo.git",
    "getty@tty1.service",
    "user@1000.service",
    "icon@2x.png",
    "java.lang.Object@1a2b3c",
    "Connection@5e9f23b4.open",
    "lodash@4.17.21",
    "chacha20-poly1305@openssh.com",
    "jo@example.com",
    "jo@mail.example",
    "root@localhost",
    "root@web.internal",
    # not a card
    "4111 1111 1111 1112",
    "blk_4111111111111111",
    "id 4539578763621486 done",
    "1718370961123456",
    "0000 0000 0000 0000",
    # not credentials in an address
    "http://host:8080/path",
    "http://[::1]:8080/x@y",
    "npm http fetch GET 200 https://registry.example/@scope%2fname 12ms",
]


@pytest.fixture(scope="module")
def detectors():
    return Detectors()


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in HITS.items() for text in texts])
def test_a_hit_is_found_by_its_rule(detectors, rule, text):
    assert rule in set(detectors.finds(f"12:00 x {text} y\n".encode()))


@pytest.mark.parametrize("text", MISSES)
def test_a_near_miss_is_let_pass(detectors, text):
    assert list(detectors.finds(f"12:00 x {text} y\n".encode())) == []


def test_every_detector_has_a_hit():
    assert {detector.rule for detector in DETECTORS} - {rule for rule, _ in SHAPES} == set(HITS)


def test_a_window_s_edges_are_judged_by_the_neighbour_window(detectors):
    text = b"AKIAQ3EGRX7NZB2WKLYP"
    assert list(detectors.finds(text, begin=1)) == []
    assert list(detectors.finds(text, end=len(text) - 1)) == []
    assert list(detectors.finds(text, end=len(text))) == ["aws-access-key"]


@given(st.lists(st.sampled_from([b"://", b"ab", b"A" * 22, b":", b"pw12", b"@", b"/", b" ", b"x" * 60, b"\xc3"])))
@example([b"ab", b"://", b":", b"pw12", b"@", b"ab", b"://", b":", b"pw12", b"@", b"ab"])
def test_searching_near_a_sign_finds_what_a_search_of_the_whole_finds(parts: list[bytes]) -> None:
    window = b"".join(parts)
    for detector in filter(lambda one: one.within, DETECTORS):
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        pattern = re2.compile(detector.pattern, options)
        whole = [match.span() for match in pattern.finditer(window)]
        assert [match.span() for match in matches(pattern, window, detector.within)] == whole


def test_a_clue_is_told_and_is_no_find():
    looking = Detectors([b"anna"], clue=rb"wh[ae]t")
    assert looking.seen(b"so what\n").clue
    assert list(looking.finds(b"so what\n")) == []
    assert not looking.seen(b"so anna\n").clue
    assert list(looking.finds(b"so anna\n", seen=looking.seen(b"so anna\n"))) == ["known-value"]
    assert not Detectors().seen(b"so what\n").clue
