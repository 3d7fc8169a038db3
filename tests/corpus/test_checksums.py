"""Check digits, each tested by the other half of its standard: the rule for a whole number."""

import string
import zlib

from hypothesis import given
from hypothesis import strategies as st

from tests.corpus import checksums

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def digits(count):
    return st.text(string.digits, min_size=count, max_size=count)


@given(digits(15), st.integers(0, 15), st.integers(1, 9))
def test_luhn_finds_every_single_mistake(body, place, by):
    whole = body + checksums.luhn(body)
    wrong = whole[:place] + str((int(whole[place]) + by) % 10) + whole[place + 1 :]
    assert checksums.luhn(whole[:-1]) == whole[-1]
    assert checksums.luhn(wrong[:-1]) != wrong[-1]


@given(digits(18), st.sampled_from(["DE", "AT", "PL"]))
def test_an_iban_leaves_one_by_ninety_seven(account, country):
    moved = account + country + checksums.iban(country, account)
    assert int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


@given(st.text(BASE62, min_size=30, max_size=30))
def test_six_signs_are_the_crc(text):
    number = 0
    for sign in checksums.crc_base62(text):
        number = number * 62 + BASE62.index(sign)
    assert number == zlib.crc32(text.encode())


@given(digits(10))
def test_a_tax_number_leaves_one_by_iso_7064(body):
    left = 10
    for digit in body:
        left = ((left + int(digit)) % 10 or 10) * 2 % 11
    assert (left + int(checksums.steuer_id(body))) % 10 == 1


@given(digits(13))
def test_number_and_key_of_the_french_one_leave_nothing(body):
    assert (int(body) + int(checksums.nir(body))) % 97 == 0


@given(digits(8))
def test_the_letter_of_the_spanish_one_goes_by_the_rest(body):
    assert checksums.dni(body) == checksums.dni(str(int(body) % 23))
    assert checksums.dni("00000000") == "T"


@given(digits(10))
def test_the_weighted_digits_of_the_polish_one_end_in_nought(body):
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    whole = body + checksums.pesel(body)
    assert sum(int(digit) * weight for digit, weight in zip(whole, weights, strict=True)) % 10 == 0


@given(digits(9))
def test_both_digits_of_the_brazilian_one_go_by_weights_from_one(body):
    whole = body + checksums.cpf(body)
    for length in (10, 11):
        weighted = zip(whole[: length - 1], range(11 - length, 10), strict=True)
        assert sum(int(digit) * weight for digit, weight in weighted) % 11 % 10 == int(whole[length - 1])


@given(digits(11), st.integers(0, 10))
def test_the_indian_one_finds_every_swap_of_neighbours(body, place):
    whole = body + checksums.aadhaar(body)
    swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
    assert swapped == whole or checksums.aadhaar(swapped[:-1]) != swapped[-1]
