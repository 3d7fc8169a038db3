"""Numbers behind a word that is inflected; they are made up, or examples of the states."""

import re

import pytest

from agent.redact.checks.inflected_numbers import is_checked_number


def is_checked(text):
    match = re.search(rb"\S.*? (?P<value>\d.*)", text.encode())
    return is_checked_number(match["value"], match)


@pytest.mark.parametrize(
    "text",
    [
        "hetu oli 131052-308T",
        "henkilötunnuksella 131052a308T",
        "OIB operatera 69435151530",
        "Steuer-ID 86095742719",
        "PESEL pacjenta 44051401359",
        "isikukoodiga 37605030299",
        "T.C. kimlik 10000000146",
        "СНИЛС 112-233-445 95",
        "JMBG 0101006500006",
        "CNP-ul 1800101221144",
        "ЕГН-то 7523169263",
        "rodného čísla 736028/5163",
        "РНОКПП 1234567899",
        "ИНН 500100732259",
        "BSN van 111222333",
        "personnumret 19811218-9876",
        "personnumret 811218-9876",
        "fødselsnummeret 01010150074",
    ],
)
def test_a_number_is_right_by_the_rule_of_its_word(text):
    assert is_checked(text)


@pytest.mark.parametrize(
    "text",
    [
        "hetu oli 131052-308U",
        "PESEL pacjenta 44051401350",
        "PESEL pacjenta 69435151530",
        "JMBG 0101006500007",
        "BSN van 111222334",
        "OIB 11111111111",
        "order 44051401359",
        "OIB 1234",
        "OIB 1.5",
    ],
)
def test_another_number_stays(text):
    assert not is_checked(text)
