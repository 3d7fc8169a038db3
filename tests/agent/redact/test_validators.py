import re

import pytest

from agent.redact.validators import VALIDATORS, passes_luhn


def check(name, value, before=b""):
    match = re.compile(re.escape(before) + b"(?P<value>" + re.escape(value) + b")").search(before + value)
    return VALIDATORS[name](value, match)


@pytest.mark.parametrize(
    ("value", "is_card"),
    [
        (b"4254528275193667", True),
        (b"3530 5928 6174 5080", True),
        (b"347355392274494", True),
        (b"4254528275193668", False),  # check digit
        (b"5437240617 2005", False),  # a time stamp beside a year
        (b"3530 5928-6174 5080", False),  # two separators
        (b"4444444444444448", False),
    ],
)
def test_a_card_has_issuer_length_and_check_digit(value, is_card):
    assert check("payment-card", value) is is_card


def test_luhn_by_the_example_of_the_standard():
    assert passes_luhn([int(digit) for digit in "49927398716"])
    assert not passes_luhn([int(digit) for digit in "49927398717"])


@pytest.mark.parametrize(
    ("value", "is_iban"),
    [
        (b"GB82 WEST 1234 5698 7654 32", True),
        (b"de97190747040425266281", True),
        (b"GB82 WEST 1234 5698 7654 33", False),
        (b"GB82WEST12345", False),
    ],
)
def test_an_iban_has_its_length_and_checksum(value, is_iban):
    assert check("iban", value) is is_iban


@pytest.mark.parametrize(
    ("before", "value", "is_address"),
    [
        (b"from ", b"10.0.0.5", True),
        (b"host/", b"10.0.0.5", True),
        (b"http://", b"10.0.0.5", True),
        (b"version ", b"1.2.3.4", False),
        (b"version: ", b"10.0.0.1", False),
        (b"v", b"1.2.3.4", False),
        (b"nginx/", b"1.2.3.4", False),
        (b"libx-", b"1.2.3.4", False),
        (b"at ", b"127.0.0.1", False),
        (b"on ", b"0.0.0.0", False),
        (b"at ", b"300.1.1.1", False),
        (b"mask ", b"255.255.255.0", False),
    ],
)
def test_an_address_is_no_version_mask_or_loopback(before, value, is_address):
    assert check("address", value, before) is is_address


@pytest.mark.parametrize("value", [b"root", b"SYSTEM", b"1000", b"x", b"www-data", b"com.apple.Finder", b"0x1f"])
def test_an_account_of_every_machine_names_nobody(value):
    assert check("account", value) is False


@pytest.mark.parametrize("value", [b"localhost", b"app.log", b"1234", b"10.0.0.1"])
def test_a_host_is_no_file_number_or_address(value):
    assert check("host", value) is False


def test_every_name_in_the_table_is_a_function():
    assert all(callable(validator) for validator in VALIDATORS.values())
