import pytest


@pytest.mark.parametrize("value", [b"root", b"SYSTEM", b"1000", b"x", b"www-data", b"com.apple.Finder", b"0x1f"])
def test_an_account_of_every_machine_names_nobody(check, value):
    assert check("account", value) is False


@pytest.mark.parametrize("value", [b"jdoe", b"jane.doe", b"bsmith2", "müller".encode()])
def test_an_account_of_a_person_names_somebody(check, value):
    assert check("account", value) is True


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
    ],
)
def test_a_mailbox_is_no_repository_version_or_password(check, before, value, is_mail):
    assert check("mail", value, before) is is_mail
