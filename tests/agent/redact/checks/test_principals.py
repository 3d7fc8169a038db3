"""Tests of the accounts, groups and entries that every installation makes, in the languages of Windows."""

from __future__ import annotations

import pytest

from agent.redact.checks.principals import begins_principal, is_entry, is_principal


@pytest.mark.parametrize(
    "name",
    [
        "administratoren",
        "netzwerkdienst",
        "Gäste",
        "GÄSTE",
        "lokaler dienst",
        "service RÉSEAU",
        "domain users",
        "domänen-admins",
        "utilisateurs du domaine",
        "dwm-1",
        "dcui",
        "dbo",
        "pg_monitor",
        "autoscaling.amazonaws.com",
    ],
)
def test_a_principal_of_every_system_is_known(name: str) -> None:
    """Letters beyond ASCII come in either case, others in lower case."""
    assert is_principal(name.encode().lower())


@pytest.mark.parametrize("name", ["jdoe", "jane doe", "müller", "dwm-jane", "alice", "admin.jane", "grant", "jane"])
def test_a_person_is_no_principal(name: str) -> None:
    """People keep their stand-ins."""
    assert not is_principal(name.encode())


def test_the_first_word_of_a_principal_is_known_by_the_next() -> None:
    """A rule may find only the first of two words."""
    line = b"Kontoname: Lokaler Dienst, Typ"
    assert begins_principal(b"Lokaler", line, line.index(b" Dienst"))
    assert not begins_principal(b"Lokaler", b"Kontoname: Lokaler Jane", 18)


@pytest.mark.parametrize(
    "name", ["Configuration", "NTDS Settings", "Domain Admins", "Litware Global Root G2", "Litware RSA TLS CA 1"]
)
def test_an_entry_of_every_tree_is_known(name: str) -> None:
    """Parts of a directory, groups of each domain, and certificates of who issues them."""
    assert is_entry(name.encode())


@pytest.mark.parametrize("name", ["Jane Doe", "jdoe", "Doe\\, Jane", "Joe Evans", "Caro Trustman"])
def test_a_person_in_a_tree_is_none(name: str) -> None:
    """A word of a certificate counts only as a whole word."""
    assert not is_entry(name.encode())
