import pytest

from agent.redact.checks.ambiguous_numbers import is_ambiguous, is_day, stands_behind_ambiguous


@pytest.mark.parametrize(
    ("head", "ambiguous"),
    [
        (b"SIN ", True),
        (b"fin: (", True),
        (b"my_number=", True),
        (b"PESEL (", False),
        (b"national id: ", False),
        (b"national: ", True),
    ],
)
def test_some_words_for_a_number_mean_other_things(head, ambiguous):
    assert is_ambiguous(head) is ambiguous


@pytest.mark.parametrize(
    ("head", "value", "stands"),
    [
        (b"SIN (", b"046 454 286", True),
        (b"PAN: ", b"ABCPE1234F", True),
        (b"NHI ", b"ZZZ0016", True),
        (b"sin ", b"12345", False),
        (b"(inn) ", b"12345678", False),
        (b"(NIR) ", b"1760475303213", True),
        (b"Identifikationsnummer: ", b"1234567", False),
        (b"Identifikationsnummer: ", b"62897547134", True),
        (b"sin errores: ", b"1234567", False),
        (b"DNI cliente: ", b"12345678Z", True),
    ],
)
def test_behind_such_a_word_a_number_is_long_or_has_the_right_letters(head, value, stands):
    assert stands_behind_ambiguous(head, value) is stands


def test_a_day_is_no_number():
    assert is_day(b"2024-05-21")
    assert is_day(b"21.05.2024")
    assert not is_day(b"1 76 04 75 303 213")
