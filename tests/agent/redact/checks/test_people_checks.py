import re

import pytest

from agent.redact.checks.validators import VALIDATORS


@pytest.mark.parametrize(
    "value",
    [b"root", b"SYSTEM", b"1000", b"x", b"www-data", b"com.apple.Finder", b"0x1f", b"private", b"error.login.reason"],
)
def test_an_account_of_every_machine_names_nobody(check, value):
    assert check("account", value) is False


@pytest.mark.parametrize("value", [b"timer", b"upstream", b"another", b"quorum", b"Disconnected", b"search"])
def test_what_starts_and_locks_things_is_no_account(check, value):
    assert check("account", value, b"started by ") is False


@pytest.mark.parametrize("value", [b"jdoe", b"jane.doe", b"bsmith2", "müller".encode()])
def test_an_account_of_a_person_names_somebody(check, value):
    assert check("account", value) is True


@pytest.mark.parametrize("value", [b"All Users", b"Default User", b"runneradmin", b"vmail", b"S-1-5-21-10-20-30-1122"])
def test_a_folder_of_all_or_a_sid_is_no_account(check, value):
    assert check("account", value) is False


@pytest.mark.parametrize("value", [b"report-user", b"svc_backup", b"job_1445144423722_0020", b"10.0.0.1"])
def test_an_account_of_a_program_names_nobody(check, value):
    assert check("account", value) is False


@pytest.mark.parametrize(
    ("before", "value", "is_mail"),
    [
        (b"to ", b"jane@corp.net", True),
        (b"clone ", b"git@github.com", False),
        (b"x ", b"name@v1.2", False),
        (b"https://user:pa", b"ss@corp.net", False),
        (b"https://user:p@", b"ss@corp.net", False),
        (b"https://user:pass@corp.net&to=", b"jane@corp.net", True),
        (b"https://user:pass@corp.net,", b"jane@corp.net", True),
    ],
)
def test_a_mailbox_is_no_repository_version_or_password(check, before, value, is_mail):
    assert check("mail", value, before) is is_mail


@pytest.mark.parametrize("value", [b"qtp643737861-68", b"scheduling-2", b"maxTaskFailures", b"pid"])
def test_a_thread_or_a_variable_is_no_account(check, value):
    assert check("account", value) is False


@pytest.mark.parametrize(
    "value",
    [b"jane@corp.net", b"jane%2540corp.net", b"jane&#64;corp.net", b"jane\xef\xbc\xa0corp.net", b"jane=40corp.net"],
)
def test_a_mailbox_may_be_encoded(check, value):
    assert check("mail", value) is True


def test_a_cipher_is_no_mailbox(check):
    assert check("mail", b"chacha20-poly1305@openssh.com") is False


@pytest.mark.parametrize(
    ("before", "value", "is_mail"),
    [
        (b"queued for ", b"jdoe@mailhub", True),
        (b"", b"jdoe@web-fra-02", True),
        (b"install ", b"react@next", False),
        (b"at ", b"jdoe@1b2c3d", False),
    ],
)
def test_an_account_at_a_machine_is_a_mailbox(check, before, value, is_mail):
    assert check("machine-mail", value, before) is is_mail


@pytest.mark.parametrize(("value", "is_person"), [(b"Jane Doe", True), (b"Windows Update", False)])
def test_a_person_is_no_program(check, value, is_person):
    assert check("person", value) is is_person


@pytest.mark.parametrize(
    ("value", "is_person"),
    [(b"Jane Doe", True), (b"Doe, Jane", True), (b"Contoso Update Service", False), (b"Local System", False)],
)
def test_a_service_has_a_display_name_and_is_nobody(check, value, is_person):
    assert check("named-person", value) is is_person


@pytest.mark.parametrize(
    ("before", "value", "is_street"),
    [
        (b"street", b"Main 12", True),
        (b"address", b"12 Attic Lane, Leeds", True),
        (b"address", b"Lindenstrasse 37", True),
        (b"address", b"Local Socket 3", False),
        (b"address", b"Main 12", False),
        (b"street", b"12 Bytes free", False),
    ],
)
def test_a_machine_has_an_address_without_a_street(before, value, is_street):
    found = re.compile(rb"(?<=\w): (?P<value>.+)").search(before + b": " + value)
    assert found is not None
    assert VALIDATORS["postal-address"](value, found) is is_street


@pytest.mark.parametrize(
    "value", [b"Deutsche Bank", b"Payment Gateway", b"Realtek Audio", b"Domain Users", b"Print Spooler"]
)
def test_a_firm_a_program_or_a_group_is_no_person(check, value):
    assert check("person", value) is False


@pytest.mark.parametrize("value", [b"Jane Doe", b"Joe van Doe", "Zoë Müller".encode(), b"JANE DOE"])
def test_two_words_of_a_name_are_a_person(check, value):
    assert check("person", value) is True


def test_the_name_of_a_service_stays_beside_a_mailbox_in_round_brackets():
    name = VALIDATORS["mailbox-name"]
    pointed = re.search(rb"(?P<value>Service Desk) <", b"Service Desk <desk@corp.net>")
    rounded = re.search(rb"(?P<value>Service Desk) [(]", b"Service Desk (desk@corp.net)")
    assert pointed is not None
    assert name(pointed["value"], pointed) is True
    assert rounded is not None
    assert name(rounded["value"], rounded) is False
