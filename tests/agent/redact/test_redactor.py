import pytest

from agent.redact import CannotRedact, LocalFacts, Redactor


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("cannot open /home/jsmith/app.log", "cannot open /home/user-…/app.log"),
        ("refused by 10.20.30.40:443", "refused by ip-private-…:443"),
        ("write to jane.doe@corp-mail.com", "write to mail-…"),
    ],
)
def test_a_short_text_is_redacted_and_counted(redactor, of_kind, text, left):
    redacted, counts = redactor.text(text)
    assert of_kind(redacted) == left
    assert sum(counts.values()) == 1


@pytest.mark.parametrize("letters", ["é", "xé", "ж", "名", "x名"])
def test_a_name_of_more_bytes_than_its_pattern_goes_is_replaced_whole(redactor, letters):
    text, _ = redactor.text(f"/run/media/{letters}{letters[-1] * 39}/a.log")
    assert letters[-1] not in text
    assert text.endswith("/a.log")
    assert letters[-1] not in redactor.path(f"run/media/{letters}{letters[-1] * 39}/a.log")


def test_a_text_stays_text_where_a_find_ends_inside_a_letter(redactor):
    assert "\ufffd" not in redactor.text("a\\x40Ö.w½0")[0]


def test_the_words_of_a_person_lose_only_their_credentials(redactor):
    said = (
        "I am jane.doe@corp-mail.com on 10.1.2.3, card 3530 5928 6174 5080, and password=hunter2-hunter2 does not work"
    )
    assert redactor.masked(said) == said.replace("hunter2-hunter2", "[redacted:secret-bare]").replace(
        "3530 5928 6174 5080", "[redacted:payment-card]"
    )


def test_kept_hosts_stay(rules):
    redactor = Redactor(rules, b"k", LocalFacts(), keep_hosts=["Central.corp.internal"])
    text = "https://central.corp.internal:4285/x and https://other.corp.internal/"
    redacted = redactor.text(text)[0]
    assert "central.corp.internal:4285" in redacted
    assert "other.corp.internal" not in redacted


class TestPaths:
    def test_a_plain_path_stays(self, redactor):
        assert redactor.path("logs/var/log/app-1.2.3.log") == "logs/var/log/app-1.2.3.log"

    def test_the_name_of_a_person_goes(self, redactor, of_kind):
        assert of_kind(redactor.path("logs/home/jsmith/app.log")) == "logs/home/user-…/app.log"

    def test_an_address_in_a_file_name_goes(self, redactor):
        assert "jane.doe" not in redactor.path("logs/export-jane.doe@corp-mail.com.txt")

    def test_a_credential_leaves_a_name_that_every_system_takes(self, redactor, secret):
        redacted = redactor.path(f"logs/token-{secret}.log")
        assert secret not in redacted
        assert redacted.startswith("logs/token-redacted-github-token")
        assert redacted.endswith(".log")
        assert not set(redacted) & set('[]:*?"<>|')

    def test_two_credentials_leave_two_names(self, redactor, secret):
        assert redactor.path(f"{secret}.log") != redactor.path(f"{secret[::-1][:36]}{secret[-4:]}.log")

    def test_as_many_parts_are_left_as_there_were(self, redactor):
        path = "logs/C/Users/Jane Doe/a password=b/c d.log"
        assert redactor.path(path).count("/") == path.count("/")


def test_an_image_is_not_redacted_as_text(redactor, redact_bytes):
    with pytest.raises(CannotRedact, match="images"):
        redact_bytes(redactor, b"text", media_type="image/png")


def test_memory_does_not_grow_with_one_long_line(redactor):
    import io
    import tracemalloc

    class Endless(io.RawIOBase):
        left = 8 * 2**20

        def read(self, size=-1):
            size = min(size, self.left)
            self.left -= size
            return b"x = 1, " * (size // 7) + b" " * (size % 7)

    class Nowhere(io.RawIOBase):
        def write(self, data):
            return len(data)

    redactor.stream(io.BytesIO(b"warm"), io.BytesIO(), path="a", media_type="text/plain")
    tracemalloc.start()
    redactor.stream(Endless(), Nowhere(), path="a", media_type="text/plain")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20
