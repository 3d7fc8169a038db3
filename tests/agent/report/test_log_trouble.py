"""Warnings and errors of a log are counted, dated, and the first and most frequent ones kept, in bounds."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.report.log_trouble import MOST_WITH_TIMES, LogTrouble, TroubleFinder

MADE_AT = datetime(2026, 6, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def finder():
    return TroubleFinder(MADE_AT)


def examine(text, finder=None):
    finder = finder or TroubleFinder(MADE_AT)
    return finder.examine(io.BytesIO(text.encode()), "logs/a.log")


@pytest.mark.parametrize(
    "line",
    [
        "2026-06-14 15:16:01,1 ERROR x",
        "2026-06-14 15:16:01 [17] FATAL:  password authentication failed",
        "2026/06/14 15:16:01 [crit] 17#17: x",
        "Jun 14 15:16:01 host app: error: x",
        '{"level":"error","msg":"x"}',
        "level=fatal msg=x",
        "Traceback (most recent call last):",
        '1.2.3.4 - - [14/Jun/2026:15:16:01 +0000] "GET / HTTP/1.1" 503 1',
        "SEVERE: x",
    ],
)
def test_errors_are_counted(line):
    trouble = examine(f"fine\n{line}\n")
    assert (trouble.errors, trouble.warnings) == (1, 0)
    assert trouble.first_errors[0].line == 2


@pytest.mark.parametrize("line", ["x WARN y", "[warn] x", "warning: x", 'level="warning"', "x WARNING y"])
def test_warnings_are_counted(line):
    trouble = examine(line)
    assert (trouble.errors, trouble.warnings) == (0, 1)


@pytest.mark.parametrize(
    "line",
    [
        "INFO retry after ERROR",
        "no errors found",
        "ErrorHandler ready",
        '"GET /500 HTTP/1.1" 200 500',
        "LOG:  statement: ERROR",
    ],
)
def test_a_line_that_only_speaks_of_errors_is_none(line):
    assert examine(line).errors == 0


def test_the_first_three_errors_are_kept_with_their_line_numbers_across_blocks():
    filler = "2026-06-14 15:16:01 INFO fine\n" * 60_000  # more than one block of a mebibyte
    trouble = examine(f"{filler}2026-06-14 15:17:02 ERROR one\n{filler}" + "2026-06-15 00:00:00 ERROR two\n" * 3)
    assert [line.line for line in trouble.first_errors] == [60_001, 120_002, 120_003]
    assert trouble.first_errors[0].at == datetime(2026, 6, 14, 15, 17, 2, tzinfo=UTC)
    assert trouble.lines == 120_004
    assert trouble.errors == 4


def test_an_error_without_a_time_has_the_time_of_the_trouble_before_it():
    trouble = examine("2026-06-14T15:16:01Z ERROR x\nTraceback (most recent call last):\n")
    assert trouble.first_errors[1].at == trouble.first_errors[0].at


def test_equal_messages_are_one_though_numbers_and_pseudonyms_differ(finder):
    lines = [f"2026-06-14 15:16:0{n} ERROR [t-{n}] user-abcdefg{'abc'[n]} lost after {n} s" for n in range(3)]
    examine("\n".join(lines), finder)
    (message,) = finder.most_frequent()
    assert (message.count, message.text) == (3, "ERROR [t-#] # lost after # s")
    assert message.first.line == 1


def test_messages_of_all_logs_are_ranked_together(finder):
    examine("ERROR rare\n", finder)
    examine("ERROR often\n" * 5, finder)
    assert [message.text for message in finder.most_frequent()] == ["ERROR often", "ERROR rare"]


def test_a_long_line_is_cut_and_unprintable_characters_are_gone():
    (line,) = examine("ERROR \x1b[31m" + "x" * 5000).first_errors
    assert len(line.text) == 300
    assert "\x1b" not in line.text


def test_counts_over_a_long_time_stay_bounded():
    trouble = LogTrouble("logs/a.log")
    for second in range(0, 10_000_000, 1000):
        trouble.count("error", int(MADE_AT.timestamp()) - second)
    assert len(trouble.intervals) <= 1500
    assert sum(errors for errors, _ in trouble.intervals.values()) == trouble.errors == 10_000


def test_the_times_of_the_most_troubled_logs_alone_are_kept(finder):
    """Thousands of logs, each with trouble in every second, would else fill the memory."""
    counts = [5, 1, 9, 3, 7, 2, 8, 4, 6, 10] * 2
    logs = [examine("".join(f"2026-06-14 15:16:{at:02} ERROR lost\n" for at in range(each)), finder) for each in counts]
    kept = sorted(log.errors for log in logs if log.intervals)
    assert kept == sorted(counts)[-MOST_WITH_TIMES:]
    assert [log.errors for log in logs] == counts
    examine("ERROR at no time\n" * 99, finder)
    assert sum(bool(log.intervals) for log in logs) == MOST_WITH_TIMES


def test_the_table_of_messages_takes_no_more_when_it_is_full(finder, monkeypatch):
    monkeypatch.setattr("agent.report.log_trouble._MAX_MESSAGES", 5)
    letters = "abcdefghijklmnopqrstuvwxyz"
    examine("".join(f"ERROR {letter * 3}\n" for letter in letters), finder)
    assert len(finder.most_frequent(100)) == 5


@given(st.binary(max_size=2000))
def test_any_bytes_are_taken(data):
    """The letter keeps them from looking like compressed data or a wide encoding."""
    data = b"a" + data.replace(b"\0", b"")
    trouble = TroubleFinder(MADE_AT).examine(io.BytesIO(data), "x")
    assert trouble.lines == data.count(b"\n") + (not data.endswith(b"\n"))


TRACEBACK = "Traceback (most recent call last):\n" + '  File "/a.py", line 1, in f\n    x()\n' * 20


def test_a_traceback_is_told_by_its_exception(finder):
    """At the line where it begins, and counted once, whatever word the exception's name holds."""
    text = f"2026-06-14T15:16:01Z WARN x\n{TRACEBACK}ValueError: no such share\n{TRACEBACK}zlib.error: Error -3\n"
    trouble = examine(text, finder)
    assert [(line.line, line.text) for line in trouble.first_errors] == [
        (2, "ValueError: no such share"),
        (44, "zlib.error: Error -3"),
    ]
    assert (trouble.errors, trouble.warnings) == (2, 1)
    assert {message.text for message in finder.most_frequent()} == {"ValueError: no such share", "error: Error -#"}


@pytest.mark.parametrize("shift", [0, 30, 35, 100, 900])
def test_a_traceback_between_two_blocks_is_told_by_its_exception(shift):
    filler = "x" * 63 + "\n"
    text = filler * (2**20 // 64 - shift // 64) + "y" * (shift % 64) + "\n" + TRACEBACK
    trouble = examine(f"{text[-(2**20) - shift :]}KeyError: 'a'\nnext\n")
    assert [line.text for line in trouble.first_errors] == ["KeyError: 'a'"]


def test_a_java_thread_that_ends_by_an_exception_is_an_error():
    trouble = examine('Exception in thread "main" java.lang.IllegalStateException: closed\n\tat a.B.c(B.java:1)\n')
    assert trouble.first_errors[0].text == 'Exception in thread "main" java.lang.IllegalStateException: closed'


def test_what_could_not_be_looked_into_is_told(finder):
    trouble = finder.examine(io.BytesIO(b"PK\x03\x04"), "logs/a.zip")
    assert (trouble.errors, trouble.not_looked_into) == (0, "a ZIP file, which is not opened here")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32-be"])
def test_lines_of_wide_encodings_are_counted(encoding, finder):
    text = "2026-06-14T15:16:01Z INFO x\r\n2026-06-14T15:16:02Z ERROR größer\r\n"
    trouble = finder.examine(io.BytesIO(text.encode(encoding)), "logs/a.log")
    assert (trouble.lines, trouble.errors) == (2, 1)
    assert trouble.first_errors[0].text == "2026-06-14T15:16:02Z ERROR größer"


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("job 17 of 3fa85f64-5717-4562-b3fc-2c963f66afa6 lost", "ERROR job # of # lost"),
        ("deadbeefdeadbeef at 0x1fF, 00x12", "ERROR # at #, #x#"),
        ("host-abcdefg2 12345678-ab-abcdefgh", "ERROR # #-abcdefgh"),
        ("user-abcdefg2x word-abcdefgh9", "ERROR user-abcdefg#x word-abcdefgh#"),
        ("größe ٣٤ von 12", "ERROR größe # von #"),
        ("a   b\tc", "ERROR a b c"),
    ],
)
def test_what_varies_is_folded(said, folded, finder):
    """Whether there are pseudonyms, and other letters than ASCII's, or not."""
    examine(f"2026-06-14 15:16:01 ERROR {said}\n", finder)
    assert [message.text for message in finder.most_frequent()] == [folded]


@pytest.mark.parametrize(
    ("line", "folded"),
    [
        ("  \tERROR lost", "ERROR lost"),
        ("\x1b[1m ERROR lost", "ERROR lost"),
        ("x" * 150 + " ERROR lost", "ERROR lost"),
        ("x" * 170 + " ERROR lost", "x" * 160),
    ],
)
def test_a_message_begins_at_its_level_though_its_line_is_shown_otherwise(line, folded, finder):
    examine(f"{line}\n", finder)
    assert [message.text for message in finder.most_frequent()] == [folded]


def test_an_answer_is_told_with_what_was_asked_for(finder):
    examine('10.0.0.1 - - [14/Jun/2026:15:16:01 +0000] "GET /a HTTP/1.1" 503 1\n', finder)
    (message,) = finder.most_frequent()
    assert message.text.endswith('"GET /a HTTP/#.#" # #')


def test_the_line_of_a_message_is_counted_from_the_begin_whatever_came_between(finder):
    """Lines are counted only where a number is asked for: not at warnings, nor at messages that are known."""
    examine("ERROR a\n" * 4, finder)
    trouble = examine("x\nWARN b\nERROR a\n\nERROR a\nERROR a\nERROR a\nWARN c\nx\nERROR d\nlast", finder)
    assert [line.line for line in trouble.first_errors] == [3, 5, 6]
    assert [message.first.line for message in finder.most_frequent()] == [1, 10]
    assert trouble.lines == 11
