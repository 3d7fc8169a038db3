"""The second factor of a log-in, as a person meets it, and what it keeps others from."""

import base64
import hashlib
import hmac
import re
import struct
import time

import pytest
import requests


class Person:
    """Somebody with a browser and an authenticator app."""

    def __init__(self, desk, name, password, try_log_in):
        self.desk, self.name, self.password, self._try = desk, name, password, try_log_in
        self.browser = requests.Session()
        self.secret = b""

    def log_in(self):
        self.browser.close()
        self.browser = requests.Session()
        return self._try(self.browser, self.desk.url, self.name, self.password)

    def get(self, path, **more):
        return self.browser.get(f"{self.desk.url}/{path}", timeout=60, **more)

    def post(self, path, **words):
        words["csrfmiddlewaretoken"] = self.browser.cookies["csrftoken"]
        address = f"{self.desk.url}/{path}"
        return self.browser.post(address, data=words, headers={"Referer": self.desk.url}, timeout=60)

    def code(self, steps=0):
        """RFC 6238 with its usual values, written anew here: the app of another maker."""
        counter = struct.pack(">Q", int(time.time()) // 30 + steps)
        digest = hmac.new(self.secret, counter, hashlib.sha1).digest()
        at = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06}"

    def set_up(self):
        """Set it up; return the recovery codes."""
        begun = self.post("account/second-factor/begin")
        letters = re.search(r'id="letters">([A-Z2-7 ]+)<', begun.text)[1].replace(" ", "")
        self.secret = base64.b32decode(letters)
        assert "data:image/svg+xml" in begun.text
        done = self.post("account/second-factor/confirm", code=self.code())
        return re.findall(r"<li><code>([0-9a-f ]{19})</code></li>", done.text)


@pytest.fixture
def person(desk, try_log_in, request):
    name = f"two-{request.node.name}"
    made = Person(desk, name, desk.command("champion", name), try_log_in)
    made.log_in()
    yield made
    made.browser.close()


def test_a_log_in_with_a_second_factor_reaches_nothing_before_the_code(person):
    codes = person.set_up()
    assert len(codes) == len(set(codes)) == 10
    assert person.get("devices/").url.endswith("/devices/")  # this log-in is let in already
    assert person.log_in().url.endswith("/login/second-factor/?next=%2Fdashboard%2F")
    for path in (
        "devices/",
        "tickets/",
        "quarantine/",
        "admin/",
        "account/second-factor/",
        "tickets/1/requests/events",
    ):
        answer = person.get(path, allow_redirects=False)
        assert answer.headers["Location"].startswith("/login/second-factor/?next="), path
    assert "/login/second-factor/" in person.post("account/second-factor/begin").url
    half = person.browser.cookies["sessionid"]
    answer = person.post("login/second-factor/", code=f" {person.code(1)[:3]} {person.code(1)[3:]} ", next="/devices/")
    assert answer.url.endswith("/devices/")
    assert person.browser.cookies["sessionid"] != half  # what somebody noted of the half log-in is worth nothing


def test_a_code_works_once_and_guessing_is_slowed_down(person):
    person.set_up()
    person.log_in()
    code = person.code(1)
    assert "/login/" not in person.post("login/second-factor/", code=code).url
    person.log_in()
    assert "does not fit" in person.post("login/second-factor/", code=code).text
    for _ in range(3):
        person.post("login/second-factor/", code="000000")
    # Right, but in the wait after the wrong ones.
    assert "does not fit" in person.post("login/second-factor/", code=person.code(2)).text


def test_a_recovery_code_works_once(person):
    codes = person.set_up()
    person.log_in()
    assert "/login/" not in person.post("login/second-factor/", code=codes[0].upper()).url
    assert "9 recovery codes are left" in person.get("account/second-factor/").text
    person.log_in()
    assert "does not fit" in person.post("login/second-factor/", code=codes[0]).text


def test_the_secret_is_shown_once_to_one_and_switched_on_by_its_code_alone(person):
    begun = person.post("account/second-factor/begin")
    assert "no-store" in begun.headers["Cache-Control"]
    assert "img-src 'self' data:" in begun.headers["Content-Security-Policy"]
    assert "style=" not in begun.text
    again = person.post("account/second-factor/confirm", code="000000")
    assert "does not fit" in again.text
    assert 'id="letters"' not in again.text
    assert "Set it up" in person.get("account/second-factor/").text
    assert person.log_in().url.endswith("/dashboard/")  # not confirmed: not asked for


def test_it_is_taken_off_with_a_code_alone(person):
    codes = person.set_up()
    assert "does not fit" in person.post("account/second-factor/off", code="0" * 16).text
    # That was a recovery code's wait; the app has one of its own.
    assert "has no second factor now" in person.post("account/second-factor/off", code=person.code(1)).text
    assert person.log_in().url.endswith("/dashboard/")
    assert person.set_up() != codes


def test_an_administrator_takes_it_off_somebody_who_lost_theirs(person):
    person.set_up()
    person.password = person.desk.command("champion", person.name, "--forget-second-factor")
    assert person.log_in().url.endswith("/dashboard/")


def test_it_leads_to_no_other_host(person):
    person.set_up()
    person.log_in()
    answer = person.post("login/second-factor/", code=person.code(1), next="https://elsewhere.example/")
    assert answer.url == f"{person.desk.url}/dashboard/"


def test_a_desk_that_demands_it_lets_nobody_work_without(start_desk, try_log_in):
    desk = start_desk(SENDLOGS_DESK_SECOND_FACTOR="required")
    person = Person(desk, "champion", desk.password, try_log_in)
    assert person.log_in().url.endswith("/account/second-factor/")
    assert "wants one of everybody" in person.get("devices/").text
    person.set_up()
    assert person.get("devices/").url.endswith("/devices/")
    person.browser.close()


def test_a_setting_that_is_none_is_told(desk_command, tmp_path, monkeypatch):
    monkeypatch.setenv("SENDLOGS_DESK_SECOND_FACTOR", "yes")
    refused = desk_command("serve", "--state", str(tmp_path / "state"), "--port", "0")
    assert refused.returncode != 0
    assert 'SENDLOGS_DESK_SECOND_FACTOR is "required" or not set.' in refused.stderr
