"""The gate judges values by how they are made, not by their names."""

import pytest

from agent.gate.values import (
    Candidate,
    card,
    chosen,
    chosen_and_no_server,
    issued,
    person_address,
    random,
    token,
    without_masks,
)

DIGEST = b"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def candidate(value, before=b"", after=b"", named=b""):
    return Candidate(value=value, before=before, after=after, named=named)


def test_a_chosen_value_mixes_kinds_of_characters_and_is_no_call():
    assert chosen(candidate(b"hunter2"))
    assert not chosen(candidate(b"hunter"))
    assert not chosen(candidate(b"a1"))
    assert not chosen(candidate(b"hunter2", after=b"()"))


def test_a_random_value_is_neither_a_name_nor_a_path():
    assert random(candidate(b"ab12CD34ef56"))
    assert not random(candidate(b"scram-sha-256"))
    assert not random(candidate(b"my.module.value12"))


@pytest.mark.parametrize(
    "value",
    [
        b"kube-system/default-token-x7k2p",
        b"prod/app1/db-credentials-2024",
        b"certs/server-2024-prod.key",
        b"0x7fff12345678",
        b"2026-03-15T18",
    ],
)
def test_names_paths_pointers_and_dates_are_not_random(value):
    assert not random(candidate(value))


@pytest.mark.parametrize(
    "value",
    [b"0x" + DIGEST, b"aB3dE5fG/7hJ9kL1m", b"ab12-cd34-ef56-ab78", b"a1b2c3d4-e5f6-4a7b", b"abcd-1234-efgh-5678"],
)
def test_random_values_with_signs_between_are_random(value):
    assert random(candidate(value))


@pytest.mark.parametrize(
    "before",
    [b"checksum/", b"checksum/config-", b"sha256/", b"md5sum.", b"config-hash/", b"STAKATER_DB_", b"PublicKey"],
)
def test_a_digest_of_what_is_public_is_not_issued(before):
    assert not issued(candidate(DIGEST, before=before))


@pytest.mark.parametrize("before", [b"", b"hash.", b"client_", b"digest ", b"checksum: x, "])
def test_the_same_digits_under_another_name_are_issued(before):
    assert issued(candidate(DIGEST, before=before))
    assert issued(candidate(b"aB3dE5fG7hJ9kL1m", before=b"checksum/"))


def test_an_empty_value_in_front_of_the_next_name_is_no_password():
    assert not chosen(candidate(b"host=db1", named=b"password= "))
    assert chosen(candidate(b"host=db1", named=b"password="))
    assert chosen(candidate(b"host=db1", named=b"password: "))


@pytest.mark.parametrize("value", [b'0x5590 "hunter2', b'0x0000600 @"hunter2', b"!!str hunter2", b'!unsafe "hunter2'])
def test_what_a_pointer_or_a_tag_stands_in_front_of_is_a_password(value):
    assert chosen(candidate(value))


def test_what_nginx_passes_a_request_to_is_no_password():
    assert not chosen_and_no_server(candidate(b'"backend-v2', before=b'"proxy', named=b'_pass": '))
    assert not chosen_and_no_server(candidate(b"127.0.0.1:9000a", before=b"fastcgi", named=b"_pass="))
    assert chosen_and_no_server(candidate(b'"hunter2!', before=b'"proxy', named=b'_pass": '))
    assert chosen_and_no_server(candidate(b"backend-v2", before=b"proxy", named=b"_pass="))


def test_a_mask_becomes_stars():
    assert without_masks(b"a [redacted:client-secret]: b") == b"a ********: b"


def test_a_token_of_one_repeated_letter_is_documentation():
    assert token(candidate(b"ghp_aB3dE5fG"))
    assert not token(candidate(b"ghp_xxxxxxxx"))


def test_an_address_needs_a_domain_in_which_people_have_mail():
    assert person_address(candidate(b"jo@corp.com"))
    assert not person_address(candidate(b"jo@corp.service"))
    assert not person_address(candidate(b"jo@corp.example"))
    assert not person_address(candidate(b"noreply@github.com"))


def test_a_card_number_needs_its_check_digit_its_issuer_and_for_an_unspaced_one_the_word():
    assert card(candidate(b"4111 1111 1111 1111"))
    assert not card(candidate(b"4111 1111 1111 1112"))
    assert not card(candidate(b"9111 1111 1111 1119"))
    assert not card(candidate(b"4111111111111111", before=b"block "))
    assert card(candidate(b"4111111111111111", before=b"card: "))
    assert not card(candidate(b"4111 1111 1111 1111", before=b"-"))
