"""Champions' log-in cannot be guessed at leisure."""

import requests


def test_after_ten_wrong_passwords_even_the_right_one_must_wait(desk, try_log_in):
    password = desk.command("champion", "guessed-at")
    with requests.Session() as session:
        for _ in range(10):
            assert try_log_in(session, desk.url, "guessed-at", "wrong").url.endswith("/login/")
        assert try_log_in(session, desk.url, "guessed-at", password).url.endswith("/login/")


def test_others_log_in_meanwhile(desk, try_log_in):
    """One name under attack shuts out no other."""
    password = desk.command("champion", "at-work")
    with requests.Session() as session:
        for _ in range(11):
            try_log_in(session, desk.url, "under-attack", "wrong")
        assert try_log_in(session, desk.url, "at-work", password).url.endswith("/dashboard/")
