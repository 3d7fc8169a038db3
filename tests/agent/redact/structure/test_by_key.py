from collections import Counter

import pytest

from agent.redact.names import Names
from agent.redact.pseudonym import namer
from agent.redact.structure.by_key import ByKey
from agent.redact.structure.walk import Value, Walk
from agent.redact.text import LineRedactor


@pytest.mark.parametrize("value", ["hunter2!x", "two words", "QUJDREVGRw==", "1234567", "Ärger", "x1(y", "os.path"])
def test_a_secret_is_masked_whatever_it_looks_like(by_format, value):
    assert by_format("json", f'{{"password": "{value}"}}') == '{"password": "#"}'


@pytest.mark.parametrize(
    "value", ["", "null", "${VAR}", "<redacted>", "****", "512", "/etc/ssl/a.key", "[redacted:some-rule]", "{{ pw }}"]
)
def test_what_is_no_value_stays(by_format, value):
    text = f'{{"password": "{value}"}}'
    assert by_format("json", text) == text


def test_the_working_folder_is_no_password(by_format):
    assert by_format("json", '{"PWD": "/srv/app"}') == '{"PWD": "/srv/app"}'


def test_an_identity_gets_what_its_rule_gives_it(by_format):
    text = '{"user": "jsmith", "host": "web01", "owner": "Jane Doe", "login": "root", "computer": "localhost"}'
    left = '{"user": "user-…", "host": "host-…", "owner": "name-…", "login": "root", "computer": "localhost"}'
    assert by_format("json", text) == left


def test_what_describes_a_secret_stays(by_format):
    text = '{"credentials": {"type": "file", "expires_at": "2024-01-02T03:04:05Z", "port": 88, "x": "y1"}}'
    assert by_format("json", text) == text.replace("y1", "#")


def test_settings_of_the_log_in_lose_only_what_looks_random(by_format):
    text = '{"auth": {"method": "directory", "bind": "qwe9rt7"}}'
    assert by_format("json", text) == text.replace("qwe9rt7", "#")


def test_rules_without_names_find_nothing():
    by_key = ByKey((), LineRedactor((), namer(b"k")), Names())
    walk = Walk(by_key)
    walk.key(b"password")
    walk.scalar(Value(0, 1, b"x"))
    assert (by_key.wanted, walk.found) == (0, {})


def test_each_replacement_is_counted(by_key):
    walk = Walk(by_key)
    walk.key(b"password")
    walk.scalar(Value(0, 3, b"x1y"))
    walk.key(b"user")
    walk.scalar(Value(4, 10, b"jsmith"))
    counts = Counter()
    by_key.redacted(b"x1y jsmith", walk.found.values(), counts)
    assert counts == {"secret-by-key": 1, "user-named": 1}


def test_a_person_is_told_why(redactor, by_key):
    assert redactor.reasons[by_key.name] == by_key.why


@pytest.mark.parametrize(
    "text",
    [
        '{"secrets":{"engine":"kv","count":14}}',
        '{"password":{"algorithm":"argon2id"}}',
        '{"token":{"name":"ci","scope":"read"}}',
        '{"secret":{"name":"db-credentials","namespace":"prod"}}',
        '{"secret":{"secretName":"tls-cert","optional":false}}',
        '{"secrets":["db","tls"]}',
    ],
)
def test_where_a_secret_is_kept_and_how_it_is_called_stays(by_format, text):
    assert by_format("json", text) == text


@pytest.mark.parametrize("text", ["[credential]\n\thelper = osxkeychain\n", "[api_key]\nheader = X-Api-Key\n"])
def test_a_section_that_is_called_like_a_secret_has_settings_too(by_format, text):
    assert by_format("ini", text) == text


@pytest.mark.parametrize("text", ['{"token":{"name":"%s"}}', '{"secrets":["%s"]}', '{"password":{"value":"%s"}}'])
def test_what_looks_random_there_is_masked(by_format, text):
    assert by_format("json", text % "Walnut3812x") == text % "#"


def test_an_ipv6_address_under_the_key_of_a_host_is_replaced_as_a_whole(redactor, redact_bytes):
    line = b'{"level":"warn","remote":"2a02:8109:dff6:4dea:b12d:2a09:7098:65f0","message":"limited"}\n'
    redacted = redact_bytes(redactor, line, path="a.json")
    assert b"8109" not in redacted
    assert b'"remote":"ip6-' in redacted
