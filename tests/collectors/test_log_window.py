"""How much of the system's log is asked for, and what is said of the rest."""

from datetime import timedelta

from collectors import _log_window


def test_without_a_bound_it_is_a_week(machine) -> None:
    context = machine()
    assert context.now - _log_window.since(context) == timedelta(days=7)


def test_the_last_lines_are_whole() -> None:
    assert _log_window.last_lines("a\nb\nc", 2) == ("b\nc", "only the last 2 of 3 lines")
    assert _log_window.last_lines("a\nb\n", 2) == ("a\nb\n", None)


def test_an_answer_at_the_limit_is_said_to_be_cut(monkeypatch) -> None:
    monkeypatch.setattr(_log_window, "ANSWER_LIMIT_BYTES", 4)
    assert _log_window.cut("abc") is None
    assert _log_window.cut("abcd") == "the answer was longer than 8 MiB: its end is missing"
