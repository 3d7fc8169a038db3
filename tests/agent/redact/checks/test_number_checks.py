import re

import pytest

from agent.redact.checks.number_checks import passes_luhn
from agent.redact.checks.validators import VALIDATORS


@pytest.mark.parametrize(
    ("value", "is_card"),
    [
        (b"4254528275193667", True),
        (b"3530 5928 6174 5080", True),
        (b"347355392274494", True),
        (b"4254528275193668", False),  # check digit
        (b"5437240617 2005", False),  # a time stamp beside a year
        (b"3530 5928-6174 5080", False),  # two separators
        (b"0000000000000000", False),
    ],
)
def test_a_card_has_issuer_length_and_check_digit(check, value, is_card):
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
def test_an_iban_has_its_length_and_checksum(check, value, is_iban):
    assert check("iban", value) is is_iban


@pytest.mark.parametrize(
    ("name", "value", "stands"),
    [
        ("us-social", b"219-09-9999", True),
        ("us-social", b"000-12-3456", False),
        ("us-social", b"666-12-3456", False),
        ("nino", b"AB552652C", True),
        ("nino", b"GB552652C", False),
        ("phone", b"0171/5551234", True),
        ("phone", b"2024-01-02", False),
        ("phone", b"1111111", False),
        ("international-phone", b"+48 601 234 567", True),
        ("international-phone", b"+1234567", False),
        ("coordinates", b"48.13715, 11.57612", True),
        ("coordinates", b"0.1234, 0.5678", False),
    ],
)
def test_a_number_of_a_person_is_one_that_is_issued(check, name, value, stands):
    assert check(name, value) is stands


@pytest.mark.parametrize(
    ("value", "stands"),
    [
        (b"756.9217.0769.85", True),
        (b"756.9217.0769.84", False),
        (b"111.444.777-35", True),
        (b"111.444.777-36", False),
        (b"12.345.678-5", True),
        (b"12.345.678-6", False),
        (b"85.07.30-033.28", True),
        (b"85.07.30-033.29", False),
        (b"756.123.456-78", False),  # too short for Switzerland, and no check digits of Brazil
        (b"G123456(A)", True),
    ],
)
def test_a_number_of_a_state_has_its_check_digits(check, value, stands):
    assert check("shaped-national-number", value) is stands


@pytest.mark.parametrize(
    ("before", "value", "stands"),
    [
        (b"serial=", b"C02XG0FDH7JY", True),
        (b"iccid=", b"89491701234567890", True),
        (b"serial=", b"ttyS0", False),
        (b"serial=", b"12345", False),
        (b"certificate serial=", b"05F439269C77A5FC", False),
        (b"serial number: ", b"04:0e:7b:1c:9d:22:5f:a1", False),
        (b"serial=", b"KWHFBTTWNT", True),
        (b"serial=", b"NOTSPECIFIED", False),
    ],
)
def test_the_number_of_a_device_is_none_of_a_certificate(check, before, value, stands):
    assert check("device-number", value, before) is stands


def test_a_card_on_a_stripe_ends_at_the_separator(check):
    assert check("payment-card", b"4254528275193667=31011013208344960000") is True


@pytest.mark.parametrize(
    ("name", "before", "value", "after"),
    [
        ("payment-card", b"tx ", b"5500000012345678", b" bytes"),
        ("payment-card", b"order_id=", b"4254528275193667", b""),
        ("international-phone", b"sku ", b"0012345678905", b""),
        ("international-phone", b"", b"00112233445566", b" rows"),
    ],
)
def test_a_number_of_something_else_is_neither_card_nor_telephone(name, before, value, after):
    found = re.compile(b"(?P<value>" + re.escape(value) + b")").search(before + value + after)
    assert found is not None
    assert VALIDATORS[name](value, found) is False
