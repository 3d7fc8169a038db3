"""A NUL in whatever a page is asked with is answered 400, logged in or not; the API answers in its own form."""

import pytest
import requests

_SECONDS = 60


@pytest.fixture(scope="module")
def champion(desk, try_log_in):
    with requests.Session() as session:
        assert try_log_in(session, desk.url, "champion", desk.password).status_code == 200
        yield session


@pytest.mark.parametrize("path", ["/devices/?q=a%00b", "/devices/?%00=a", "/tickets/?q=%00", "/a%00b", "/static/%00"])
def test_an_address_with_a_nul_is_refused(desk, champion, path):
    answer = champion.get(desk.url + path, timeout=_SECONDS)
    assert (answer.status_code, answer.text) == (400, "No word may hold a NUL character.")
    assert champion.get(f"{desk.url}/devices/?q=ab", timeout=_SECONDS).status_code == 200


def test_a_cookie_with_a_nul_finds_no_session(desk):
    answer = requests.get(f"{desk.url}/", headers={"Cookie": r'sessionid="\000aaaaaaaaaaaa"'}, timeout=_SECONDS)
    assert answer.status_code == 400


def test_a_form_with_a_nul_is_refused(desk, try_log_in):
    with requests.Session() as session:
        assert try_log_in(session, desk.url, "cham\0pion", "x").status_code == 400


@pytest.mark.parametrize(("path", "status"), [("requests?position=%00", 400), ("tickets/%00", 404)])
def test_the_api_answers_in_its_own_form(desk, enrol, path, status):
    answer = enrol(desk).api("GET", path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
