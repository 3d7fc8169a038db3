import re

import pytest

from agent.redact.checks.state_numbers import has_check, is_number_in_record, is_number_told

NOTHING = re.match(b"", b"")

GIVEN = {
    "South Africa": b"6812199862089",
    "Romania": b"1730722265400",
    "Spain, resident": b"X2624388L",
    "Spain": b"12345678Z",
    "Poland": b"44051401359",
    "Brazil": b"52998224725",
    "France": b"182087552442902",
    "Sweden": b"8112189876",
    "Sweden with the century": b"198112189876",
    "Norway": b"06116581831",
    "Finland": b"131052-308T",
    "Bulgaria": b"7523169263",
    "Yugoslavia": b"0101006500006",
    "Estonia": b"38001085718",
    "Turkey": b"10000000146",
    "China": b"11010519491231002X",
    "Russia, tax": b"500100732259",
    "Russia, insurance": b"11223344595",
    "Argentina": b"20123456786",
    "Chile": b"12.345.678-5",
    "Singapore": b"S1234567D",
    "Italy": b"RSSMRA85T10A562S",
    "Korea": b"960223-1512206",
    "Germany, tax": b"86095742719",
    "Germany, health": b"A123456780",
    "Belgium": b"85.07.30-033.28",
    "Switzerland": b"756.9217.0769.85",
    "Iceland": b"1201743399",
    "Austria": b"1237010180",
    "Czech Republic": b"736028/5163",
    "Denmark": b"070761-4285",
    "Ireland": b"1234567FA",
    "Taiwan": b"A123456789",
    "India, tax": b"ABCPD2370F",
    "Indonesia": b"3171235207900123",
    "United Kingdom": b"AB552652C",
    "United States": b"219-09-9999",
}


@pytest.mark.parametrize("number", GIVEN.values(), ids=GIVEN)
def test_the_number_of_a_person_has_a_check(number):
    assert has_check(number, NOTHING)


@pytest.mark.parametrize(
    "number",
    [
        b"6812199862080",
        b"1730722265401",
        b"X2624388A",
        b"12345678901",
        b"4500012345",
        b"1234567890123",
        b"000000000",
        b"11111111111",
    ],
)
def test_any_other_number_has_none(number):
    assert not has_check(number, NOTHING)


def test_a_word_that_tells_little_needs_the_check():
    weak = re.match(rb"id number (?P<value_checked>\d+)", b"id number 6812199862080")
    strong = re.match(rb"pesel (?P<value>\d+)", b"pesel 44051401350")
    assert not is_number_told(weak["value_checked"], weak)
    assert is_number_told(strong["value"], strong)


@pytest.mark.parametrize("value", [b"1730722265400", b"C04X14152", b"85.07.30-033.28"])
def test_behind_a_name_digits_are_enough(value):
    assert is_number_in_record(value, NOTHING)


@pytest.mark.parametrize("value", [b"2024-03-01", b"0.12345678", b"10.08.2024", b"812.345", b"A1234"])
def test_a_day_a_share_or_a_short_number_is_none(value):
    assert not is_number_in_record(value, NOTHING)
