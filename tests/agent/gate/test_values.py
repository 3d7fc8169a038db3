"""The gate judges values by how they are made, not by their names."""

import pytest

from agent.gate.values import Candidate, card, chosen, is_stand_in, person_address, random, token


def candidate(value, before=b"", after=b""):
    return Candidate(value=value, before=before, after=after)


@pytest.mark.parametrize(
    "value",
    [b"[redacted:x]", b"user-abcdefgh", b"ip-k4v2x2mq", b"ip-private-k4v2x2mq", b"****", b"<x>", b"${X}", b"", b"null"],
)
def test_masks_pseudonyms_and_placeholders_are_stand_ins(value):
    assert is_stand_in(value)


@pytest.mark.parametrize("value", [b"hunter2", b"user-ABC", b"user-abcdefghijk", b"$2y$10$abcdefgh", b"x*x"])
def test_values_are_no_stand_ins(value):
    assert not is_stand_in(value)


def test_a_chosen_value_mixes_kinds_of_characters_and_is_no_call():
    assert chosen(candidate(b"hunter2"))
    assert not chosen(candidate(b"hunter"))
    assert not chosen(candidate(b"a1"))
    assert not chosen(candidate(b"hunter2", after=b"()"))


def test_a_random_value_is_neither_a_name_nor_a_path():
    assert random(candidate(b"ab12CD34ef56"))
    assert not random(candidate(b"scram-sha-256"))
    assert not random(candidate(b"my.module.value12"))


def test_a_token_of_one_repeated_letter_is_documentation():
    assert token(candidate(b"ghp_aB3dE5fG"))
    assert not token(candidate(b"ghp_xxxxxxxx"))


def test_an_address_needs_a_domain_in_which_people_have_mail():
    assert person_address(candidate(b"jo@corp.com"))
    assert not person_address(candidate(b"jo@corp.service"))
    assert not person_address(candidate(b"jo@corp.example"))


def test_a_card_number_needs_its_check_digit_its_issuer_and_for_an_unspaced_one_the_word():
    assert card(candidate(b"4111 1111 1111 1111"))
    assert not card(candidate(b"4111 1111 1111 1112"))
    assert not card(candidate(b"9111 1111 1111 1119"))
    assert not card(candidate(b"4111111111111111", before=b"block "))
    assert card(candidate(b"4111111111111111", before=b"card: "))
    assert not card(candidate(b"4111 1111 1111 1111", before=b"-"))
