"""What stands below a word of a heading."""

import pytest

from agent.redact.under_headings import account_under, gaps_in, is_ruler, name_under, needs_ruler


@pytest.mark.parametrize(
    ("line", "gaps"),
    [
        (b"USER     TTY      FROM             LOGIN@   IDLE\n", 4),
        (b"job-ID  prior   name       user         state submit/start at     queue\n", 5),
        (b"UserName      SID\r\n", 1),
        (b"  UID USER\n", 0),
        (b"User  jdoe: gone  away\n", 0),
        (b"User,  jdoe,  left\n", 0),
        (b"\n", 0),
    ],
)
def test_headings_are_words_that_blanks_part(line, gaps):
    assert gaps_in(line) == gaps


def test_few_gaps_make_headings_only_above_hyphens():
    assert needs_ruler(1)
    assert not needs_ruler(2)
    assert is_ruler(b"--------      ---\n")
    assert is_ruler(b"-----------------\r\n")
    assert not is_ruler(b"jdoe  --  12\n")
    assert not is_ruler(b"--\n")


@pytest.mark.parametrize(
    ("heading", "line", "value"),
    [
        (b"PID   User   Tty", b"12    jdoe   pts/0", b"jdoe"),
        (b"PID   User   Tty", b"12    ATTIC\\jdoe  pts/0", b"jdoe"),
        (b"COMMAND   PID       User   FD", b"java       88 rzielinskia  12u", b""),
        (b"COMMAND   PID       User   FD", b"java       88       jdoe   12u", b"jdoe"),
        (b"COMMAND   PID      User   FD", b"java       88  rzielins   12u", b"rzielins"),
        (b"PID   User   Tty", b"12    root   pts/0", b""),
        (b"PID   User   Tty", b"12    4.13   pts/0", b""),
        (b"PID   User   Tty", b"12 a longer name pts/0", b""),
        (b"PID   User   Tty", b"12", b""),
    ],
)
def test_an_account_begins_or_ends_where_its_heading_does(heading, line, value):
    start = heading.index(b"User")
    found = account_under(line, start, start + 4)
    assert (line[slice(*found)] if found else b"") == value


def test_a_name_begins_below_its_heading():
    assert name_under(b"jdoe   Jane van Doe  pts/0", 7) is None
    assert name_under(b"jdoe   Jane Doe  pts/0", 7) == (7, 15)
    assert name_under(b"jdoe   System Services  pts/0", 7) is None
    assert name_under(b"jdoeX  Jane Doe  pts/0", 6) is None
