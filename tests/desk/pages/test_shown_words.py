"""Words of devices mislead nobody who looks at them."""

import pytest

from desk.pages.shown_words import harmless


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("plain words, ümlauts, 日本語", "plain words, ümlauts, 日本語"),
        ("two\nlines", "two\nlines"),
        ("invoice\u202egpj.exe", "invoice\ufffdgpj.exe"),
        ("a\u2066b\u2069c\u200f", "a\ufffdb\ufffdc\ufffd"),
        ("a\x1b[31mb\x00\x85", "a\ufffd[31mb\ufffd\ufffd"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # words of Persian need their joiner
        (None, "None"),
    ],
)
def test_what_reorders_or_hides_is_shown_as_a_sign(words, shown):
    assert harmless(words) == shown
