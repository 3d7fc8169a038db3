"""With redaction switched off, the gate stops every kind of credential in every encoding, and nothing that is clean."""

import base64
import gzip
import html
import io
import json
import random
import zipfile
from urllib.parse import quote

import pytest

from agent.gate import Find, scan
from agent.member_names import is_safe
from agent.redact import LocalFacts, Redactor, RuleSet, load_rules
from tests.bench import logs
from tests.corpus.corpus import rows
from tests.corpus.kinds import all_kinds

SAMPLES = 2
# Kind of the corpus → the gate's rule that tells it, with nothing beside the value that names it.
KINDS = {
    "age-secret-key": "age-key",
    "airtable-token": "airtable-token",
    "anthropic-key": "openai-key",
    "artifactory-key": "artifactory-key",
    "asana-token": "asana-token",
    "atlassian-token": "atlassian-token",
    "aws-access-key-id": "aws-access-key",
    "aws-signed-url": "presigned-url",
    "aws-temporary-key-id": "aws-access-key",
    "azure-client-secret": "azure-client-secret",
    "azure-signed-url": "azure-signature",
    "azure-storage-connection": "azure-account-key",
    "basic-header": "authorization-header",
    "bearer-header": "authorization-header",
    "broker-url": "url-credentials",
    "buildkite-token": "buildkite-token",
    "crates-token": "crates-token",
    "database-url": "url-credentials",
    "databricks-token": "databricks-token",
    "digitalocean-token": "digitalocean-token",
    "discord-bot-token": "discord-bot-token",
    "discord-webhook": "discord-webhook",
    "docker-hub-token": "docker-token",
    "doppler-token": "doppler-token",
    "dynatrace-token": "dynatrace-token",
    "figma-token": "figma-token",
    "github-app-token": "github-token",
    "github-fine-grained-token": "github-token",
    "github-token": "github-token",
    "gitlab-runner-token": "gitlab-token",
    "gitlab-token": "gitlab-token",
    "google-access-token": "google-oauth-token",
    "google-api-key": "google-api-key",
    "google-oauth-secret": "google-oauth-token",
    "grafana-token": "grafana-token",
    "groq-key": "groq-key",
    "heroku-key": "heroku-key",
    "htpasswd-line": "password-hash",
    "huggingface-token": "huggingface-token",
    "jwt": "json-web-token",
    "launchdarkly-key": "launchdarkly-key",
    "linear-key": "linear-key",
    "mailchimp-key": "mailchimp-key",
    "mailgun-key": "mailgun-key",
    "new-relic-key": "new-relic-key",
    "notion-token": "notion-token",
    "npm-token": "npm-token",
    "nuget-key": "nuget-key",
    "openai-key": "openai-key",
    "planetscale-token": "planetscale-token",
    "postman-key": "postman-key",
    "private-key-ec": "private-key",
    "private-key-openssh": "private-key",
    "private-key-pgp": "private-key",
    "private-key-pkcs8": "private-key",
    "private-key-rsa": "private-key",
    "pulumi-token": "pulumi-token",
    "pypi-token": "pypi-token",
    "replicate-token": "replicate-token",
    "rubygems-key": "rubygems-key",
    "sendgrid-key": "sendgrid-key",
    "sentry-user-token": "sentry-token",
    "shadow-line": "password-hash",
    "shopify-token": "shopify-token",
    "slack-app-token": "slack-app-token",
    "slack-bot-token": "slack-token",
    "slack-webhook": "slack-webhook",
    "sonar-token": "sonar-token",
    "stripe-secret-key": "stripe-key",
    "stripe-webhook-secret": "stripe-key",
    "supabase-token": "supabase-token",
    "tailscale-key": "tailscale-key",
    "teams-webhook": "teams-webhook",
    "telegram-bot-token": "telegram-bot-token",
    "terraform-cloud-token": "terraform-token",
    "vault-token": "vault-token",
}


def zipped(data: bytes, name: str = "inner/app.log") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


ENCODINGS = {
    "plain": str.encode,
    "UTF-16 little-endian": lambda text: text.encode("utf-16-le"),
    "UTF-16 big-endian": lambda text: text.encode("utf-16-be"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "base64": lambda text: b"data=" + base64.b64encode(text.encode()),
    "hexadecimal": lambda text: b"data " + text.encode().hex().encode(),
    "URL escapes": lambda text: quote(text, safe="").encode(),
    "URL escapes twice": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "JSON escapes": lambda text: b'{"m":"' + "".join(f"\\u{ord(sign):04x}" for sign in text).encode() + b'"}',
    "JSON in JSON": lambda text: json.dumps({"m": json.dumps({"m": text})}).encode(),
    "HTML entities": lambda text: "".join(f"&#{ord(sign)};" for sign in text).encode(),
    "HTML named entities": lambda text: html.escape(text).encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "zip in zip": lambda text: zipped(zipped(text.encode()), "inner.zip"),
}


def samples() -> dict[str, list[str]]:
    """Made-up values of each kind, each in a sentence."""
    chance = random.Random(4)
    made = {kind.name: [kind.sample(chance).text for _ in range(SAMPLES)] for kind in all_kinds() if kind.name in KINDS}
    return {name: [f"INFO sync {text} done" for text in texts] for name, texts in made.items()}


TEXTS = samples()


def test_there_are_many_kinds_and_all_are_kinds_of_the_corpus():
    assert len(TEXTS) == len(KINDS) >= 70
    assert len(ENCODINGS) + 2 >= 16  # the name of a member, and the manifest


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_detectors_every_kind_is_stopped_and_told_by_name(packed, encoding):
    members = {
        f"logs/{kind}-{number}.log": ENCODINGS[encoding](text)
        for kind, texts in TEXTS.items()
        for number, text in enumerate(texts)
    }
    finds = scan(packed(members)).finds
    expected = {Find(member=name, rule=KINDS[name[5:-6]]) for name in members}
    assert expected - set(finds) == set()


def streamed(redactor: Redactor, data: bytes, name: str = "a.log") -> bytes:
    out = io.BytesIO()
    redactor.stream(io.BytesIO(data), out, path=name, media_type="text/plain")
    return out.getvalue()


def test_redaction_without_rules_lets_every_kind_through_and_the_gate_does_not(packed):
    """The hook of this file: an empty set of rules, so that nothing but the gate stands between."""
    switched_off = Redactor(RuleSet(version=1, families=(), rules=()), b"k" * 32, LocalFacts())
    members = {f"logs/{kind}.log": streamed(switched_off, texts[0].encode()) for kind, texts in TEXTS.items()}
    assert all(data.rstrip(b"\n") == TEXTS[name[5:-4]][0].encode() for name, data in members.items())
    expected = {Find(member=name, rule=KINDS[name[5:-4]]) for name in members}
    assert expected - set(scan(packed(members)).finds) == set()


def test_detectors_every_kind_that_a_name_can_hold_is_stopped_in_the_name_of_a_member(packed):
    named = {f"logs/{texts[0]}.log": kind for kind, texts in TEXTS.items() if is_safe(f"logs/{texts[0]}.log")}
    assert len(named) >= 50
    finds = set(scan(packed(dict.fromkeys(named, b"a line\n"))).finds)
    for number, kind in enumerate(named.values(), 1):
        assert Find(member=f"name of member {number}", rule=KINDS[kind]) in finds, kind


@pytest.mark.parametrize("kind", KINDS)
def test_detectors_every_kind_is_stopped_in_the_manifest(packed, kind):
    """Where a file came from stands in the manifest as it was, whatever its name in the bundle became."""
    finds = scan(packed({TEXTS[kind][0]: b"a line\n"})).finds
    assert Find(member="manifest.json", rule=KINDS[kind]) in finds


@pytest.fixture(scope="module")
def redactor():
    return Redactor(load_rules(), b"k" * 32, LocalFacts())


@pytest.mark.parametrize("kind", ["sparse", "dense", "mixed"])
def test_ordinary_logs_pass_once_they_are_redacted(packed, redactor, kind):
    data = streamed(redactor, logs.text(kind, 1_000_000))
    assert scan(packed({"logs/app.log": data, "logs/old.log.gz": gzip.compress(data)})).finds == ()


def test_clean_text_passes_as_it_is(packed):
    clean = {f"logs/{row.name}": row.data for row in rows(5, 2000) if row.family == "clean"}
    assert len(clean) >= 300
    assert scan(packed(clean)).finds == ()
