"""What stands where a secret would and is none: placeholders, references, code, paths, numbers."""

import re

import pytest

from agent.redact.checks.not_secrets import before_value, is_code, is_no_value, is_number, is_other, is_path, is_state


@pytest.mark.parametrize(
    "value",
    [
        "null",
        "******",
        "<password>",
        "${DB_PASSWORD}",
        "${X:-}",
        "${X:?not set}",
        "{{ x }}",
        "$PW",
        "$env:PW",
        "%PW%",
        "%1",
        "%2$s",
        "env:PW",
        "EOF",
        "secret/data/shop#api_key",
        "awssm://prod/db1",
        "keyring:mail/bo",
        "pass:mail/bo1",
    ],
)
def test_a_placeholder_or_a_reference_is_no_value(value):
    assert is_no_value(value.encode())


@pytest.mark.parametrize(
    "value", ["hunter2", "pass:Teapot38", "Tea/Pot#38x", "$ecret7", "${X:-teapot38}", "P@ss", "***x"]
)
def test_what_looks_a_little_like_one_is_a_value(value):
    assert not is_no_value(value.encode())


@pytest.mark.parametrize(
    "value",
    [
        "os.environ",
        "com.example.Token",
        "java.lang.Object@b468f76",
        "0x14ed",
        "var.api_key",
        "await",
        "getToken(",
        "passwd-file(x",
    ],
)
def test_expressions_and_objects_are_code(value):
    assert is_code(value.encode())


@pytest.mark.parametrize("value", ["teapot@3812", "nectar_walnut@375", "await7", "a.b"])
def test_a_password_with_their_signs_is_no_code(value):
    assert not is_code(value.encode())


@pytest.mark.parametrize(
    "value", ["/etc/cifs.cred", "~/.vault", "./key.pem", "C:\\keys\\a", "secret/db", "logs/2024/a-1.gz"]
)
def test_a_path_is_told_by_its_beginning_or_its_parts(value):
    assert is_path(value.encode())


def test_a_value_that_only_begins_with_a_slash_is_no_path():
    assert not is_path(b"/9C7f72qO]Z(U)nr")


def test_numbers_are_small_and_may_have_a_unit():
    assert [is_number(each) for each in (b"12", b"30ms", b"1024/4096", b"123456", b"12x")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_state_goes_on_with_the_sentence():
    assert is_state(b"expired")
    assert not is_state(b"teapot38")


def value_in(line, pattern):
    found = re.compile(pattern).search(line)
    assert found is not None
    return found


def test_what_stands_in_front_of_a_value_is_without_its_signs():
    assert before_value(value_in(b'x DB_PASSWORD = "teapot"', rb' = "(?P<value>\w+)')) == b"x db_password"


def test_the_closing_quote_of_a_label_begins_no_value():
    found = value_in(b'prompt("Password:");', rb':"(?P<value>.*)')
    assert is_other(found["value"], found)


def test_a_quote_behind_the_value_in_front_begins_one():
    found = value_in(b'user="bo" password="teapot"', rb'(?<=d)="(?P<value>t\w+)')
    assert not is_other(found["value"], found)


def test_a_class_that_names_itself_is_no_value(redactor):
    line = "\tManagedIdentityCredential: ManagedIdentityCredential authentication unavailable."
    assert redactor.text(line) == (line, {})


def test_the_name_of_a_secret_at_amazon_stays(redactor):
    line = "token: arn:aws:secretsmanager:us-east-1:123456789012:secret:db1-AbCdEf"
    assert redactor.text(line)[0] == line


def test_the_working_folder_is_no_password():
    found = value_in(b"; PWD=/srv/x ;", rb"=(?P<value>\S+)")
    assert is_other(found["value"], found)


def test_a_connection_string_with_a_password_of_its_own_stays_for_that_rule():
    found = value_in(b'connectionString="Server=x;Password=teapot"', rb'="(?P<value>[^"]+)')
    assert is_other(found["value"], found)


@pytest.mark.parametrize(
    "value",
    [
        "%(DB_PASS)s",
        "#{password}",
        "((vault-password))",
        "@@TOKEN@@",
        "__API_KEY__",
        "${{ secrets.TOKEN }}",
        "op://vault/item",
    ],
)
def test_what_another_program_fills_in_is_no_value(value):
    assert is_no_value(value.encode())
