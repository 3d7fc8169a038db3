"""What a machine knows about itself is not in what leaves it."""

import io

import pytest

from agent.redact import LocalFacts, Redactor
from agent.redact.rules import RuleSet

KEY = b"k" * 32


@pytest.fixture
def facts():
    return LocalFacts(
        (
            ("host", "vm"),
            ("host", "build-agent-7"),
            ("user", "jo"),
            ("user", "jsmith"),
            ("name", "Zoë O'Neil-Smith"),
            ("mac", "b8:a5:f8:b0:c5:72"),
            ("serial", "C02XG0FDH7JY"),
        )
    )


@pytest.fixture
def local(facts):
    """Local facts without any other rule."""
    return Redactor(RuleSet(version=1, families=(), rules=()), KEY, facts)


@pytest.mark.parametrize(
    "text",
    [
        "jsmith",
        "JSMITH logged in",
        "backup_jsmith_2024.zip",
        "C:\\Users\\JSmith\\x",
        "/srv/JSMITH2/x",
        "build-agent-7",
        "BUILD-AGENT-7.example.com up",
        "Zoë O'Neil-Smith",
        "ZOË O'NEIL-SMITH",
        "zoë.o'neil-smith@x",
        "Zo\\u00eb O'Neil-Smith",
        "Zo%C3%AB%20O%27Neil-Smith",
        "b8-a5-f8-b0-c5-72",
        "B8A5F8B0C572",
        "serial=c02xg0fdh7jy",
        "user=jo",
        "/home/jo/x",
        "mail to root@vm",
        "Jun 14 15:16:01 vm sshd[1]: x",
    ],
)
def test_a_name_is_found_in_any_case_and_place(local, text):
    redacted, counts = local.text(text)
    assert sum(counts.values()) == 1
    assert redacted != text


@pytest.mark.parametrize(
    "text",
    [
        "vm.overcommit_memory = 1",
        "the job of joe",
        "jo-jo",
        "jsmithson",
        "vmware tools",
        "kvm: vm exit",
        "major vmstat",
    ],
)
def test_other_words_that_hold_a_short_name_are_unharmed(local, text):
    assert local.text(text) == (text, {})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "utf-8-sig"])
def test_a_name_is_found_in_any_encoding(local, redact_bytes, encoding):
    text = "first line of the log\nuser Zoë O'Neil-Smith on build-agent-7\n"
    redacted = redact_bytes(local, text.encode(encoding)).decode(encoding)
    assert "Neil" not in redacted
    assert "build-agent" not in redacted
    assert redacted.startswith("first line of the log\nuser name-")


def test_one_name_has_one_stand_in_in_every_spelling(local):
    assert len({local.text(text)[0] for text in ("jsmith", "JSMITH", "JSmith")}) == 1


def test_names_that_every_machine_has_are_no_facts():
    facts = LocalFacts.of_this_machine(
        [("user", "root"), ("host", "localhost"), ("user", "1000"), ("name", " "), ("user", "x")]
    )
    assert not {"root", "localhost", "1000", "", "x"} & {value for _, value in facts.values}


def test_the_account_that_was_given_is_a_fact():
    assert ("mail", "jane@corp.net") in LocalFacts.of_this_machine([("mail", "jane@corp.net")]).values


def test_this_machine_knows_its_name():
    import socket

    known = {value for kind, value in LocalFacts.of_this_machine().values if kind == "host"}
    name = socket.gethostname()
    assert name in known or name in ("localhost", "debian", "ubuntu")


@pytest.mark.parametrize("line", [b"Zo\xe9 Smith was here", b"user=j\xe9 logged in"])
def test_a_name_that_is_no_utf8_is_replaced(line):
    """As a password file in Latin-1 has them."""
    known = LocalFacts.of_this_machine([("name", "Zo\udce9 Smith"), ("user", "j\udce9")])
    redactor = Redactor(RuleSet(version=1, families=(), rules=()), KEY, known)
    out = io.BytesIO()
    redactor.stream(io.BytesIO(line), out, path="a.log", media_type="text/plain")
    assert b"\xe9" not in out.getvalue()


def test_what_is_replaced_wherever_it_stands_is_known_as_bytes():
    known = LocalFacts((("user", "joe"), ("user", "joey"), ("name", "Zo\udce9 Smith")))
    assert known.known_everywhere() == (b"joey", b"Zo\xe9 Smith")


def test_no_facts_are_no_rules():
    assert LocalFacts().rules() == ()


def test_thousands_of_names_take_no_longer_than_one(redact_bytes):
    import time

    many = LocalFacts(tuple(("user", f"person{number:05d}") for number in range(5000)))
    redactor = Redactor(RuleSet(version=1, families=(), rules=()), KEY, many)
    data = b"nothing in this line concerns anybody at all\n" * 5000 + b"person01234 came\n"
    started = time.process_time()
    assert b"person01234" not in redact_bytes(redactor, data)
    assert time.process_time() - started < 5
