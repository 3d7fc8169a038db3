import re

import pytest

from agent.redact.columns import BLANKS, UNRULED, column_at, headings, holds, in_statement, kind_by_heading


def test_a_column_of_passwords_in_a_statement_may_hold_numbers_and_another_may_not():
    line = b"INSERT INTO c (token, password, n) VALUES (20481133, '20481134', 3)"

    def found(heading):
        return in_statement("column", line, re.compile(rb"(?<=" + heading + rb"),").search(line))

    assert found(b"token") == []
    assert [line[start:end] for start, end in found(b"password")] == [b"20481134"]


@pytest.mark.parametrize(
    ("kind", "yes", "no"),
    [
        (
            "name-column",
            ["Doe", "Doe, Jane", "de la Cruz", "Jane van Doe"],
            ["Print Service", "none", "3", "name-abcdefgh"],
        ),
        ("account-column", ["jdoe", "J.Doe7"], ["root", "4711", "total", "12.5", "Jane Doe", "user-abcdefgh"]),
        ("number-column", ["95102882795", "1951-02-19", "19.02.1951", "ABA506924"], ["none", "42", "yes 1"]),
        ("phone-column", ["0171 5551234", "+49 (171) 5551234", "447965481708"], ["42", "2024-01-01", "main"]),
        ("device-column", ["T1PFPL0YW35"], ["5", "ttyS0", "none"]),
        ("host-column", ["desktop-ab3", "db.corp.test"], ["localhost", "10.0.0.1", "5"]),
    ],
)
def test_each_kind_of_column_holds_what_its_heading_says_and_nothing_else(kind, yes, no):
    def stays(text):
        return not holds(kind, text.encode(), re.match(b".*", text.encode()))

    assert [text for text in yes if stays(text)] == []
    assert [text for text in no if not stays(text)] == []


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("id,user", 2),
        ("| User | Password |", 3),  # the sign in front begins an empty cell
        ("id;user;first name\r", 3),
        ("id\tuser", 2),
        ("user", None),
        ("id, user and more", None),
        ("10:00,user", None),
        ("2025-01-01,user", None),
        ("id," * 2000 + "user", None),
        ("", None),
    ],
)
def test_headings_are_names_and_nothing_else(line, cells):
    found = headings(line.encode())
    assert (None if found is None else len(found[1])) == cells


def test_numbers_are_passwords_below_their_heading_and_no_tokens():
    assert kind_by_heading("column", b' "password" ') == "password-column"
    assert kind_by_heading("column", b"tokens") == "column"
    assert kind_by_heading("name-column", b"password") == "name-column"


def test_a_table_ends_with_the_first_line_of_other_cells_however_long_it_is(redactor):
    rows = "".join(f"10:{number % 60:02},jdoe{number},login\n" for number in range(3000))
    redacted, counts = redactor.text(f"time,user,action\n{rows}over\n10:00,jdoe7,login\n")
    assert sum(counts.values()) == 3000
    assert redacted.endswith("over\n10:00,jdoe7,login\n")


@pytest.mark.parametrize("row", ["bo,Teapot3812,", "bo,Teapot3812,x", '"bo","Teapot3812",'])
def test_the_last_cell_of_a_row_may_be_empty(redactor, row):
    assert "Teapot3812" not in redactor.text(f"login,password,note\n{row}\n")[0]


def test_all_columns_of_a_table_that_tell_are_followed(redactor):
    rows = "".join(f"{number},Jane,Doe,jdoe,Teapot3812\n" for number in range(3))
    redacted = redactor.text(f"id,first_name,last_name,user,password\n{rows}total,2\nid,Jane\n")[0]
    table, rest = redacted.split("total,2\n")
    assert not any(word in table for word in ("Jane", "Doe", "jdoe", "Teapot"))
    assert table.count("\n") == 4
    assert rest == "id,Jane\n"


def test_blanks_part_headings_that_begin_with_a_capital_and_no_words_of_a_sentence():
    assert headings(b"Host    User Name   Pass\r") == (BLANKS, [b"Host", b"User Name", b"Pass"])
    assert headings(b"enter the  password") == (UNRULED, [b"enter", b"the", b"password"])
    assert column_at(BLANKS, b"  Host    User   Pass", 17) == 2


def test_a_table_of_blanks_holds_secrets_of_clear_headings_alone():
    assert kind_by_heading("column", b"Pass", BLANKS) == "blank-column"
    assert kind_by_heading("column", b"Auth", BLANKS) is None
    assert kind_by_heading("column", b"Low Pass", BLANKS) is None
    assert kind_by_heading("column", b"Mail Password ", BLANKS) == "blank-column"
    assert kind_by_heading("column", b"SECRET", BLANKS) is None
    assert kind_by_heading("host-column", b"Host", BLANKS) is None


def test_a_row_of_hyphens_underlines_the_headings(redactor):
    table = "UserName Password\n-------- --------\nsvc      Teapot3812\n"
    assert "Teapot3812" not in redactor.text(table)[0]
    assert redactor.text("UserName Password\n--------\nsvc      walnut\n")[1] == {}


@pytest.mark.parametrize(
    ("text", "secret", "stays"),
    [
        (
            "Computer Password    Expires\n-------- --------    -------\nKIOSK4   Tea+Pot3812 12/03/2025 09:14:22\n",
            "Tea+Pot3812",
            "12/03/2025 09:14:22",
        ),
        (
            "name  password       modified\n----- -------------- ----------\nsa    teapot walnut  2024-01-01\n",
            "walnut",
            "2024-01-01",
        ),
    ],
)
def test_a_line_of_hyphens_tells_where_the_cells_of_a_table_begin(redactor, text, secret, stays):
    redacted = redactor.text(text)[0]
    assert secret not in redacted
    assert stays in redacted


@pytest.mark.parametrize("row", ["KIOSK5", "KIOSK5  ", "KIOSK5             12/03/2025"])
def test_a_cell_of_an_underlined_table_may_be_empty(redactor, row):
    table = f"Computer Password    Expires\n-------- --------    -------\n{row}\nKIOSK4   Tea+Pot3812 12/03/2025\n"
    redacted = redactor.text(table)[0]
    assert f"\n{row}\n" in redacted
    assert "Tea+Pot3812" not in redacted


@pytest.mark.parametrize(
    "text",
    [
        "Name   Password Last Set   State\n----   -----------------   -----\nbo     2024-05-01 10:00    ok1\n",
        "Reset Password Page\nopened mail2a of\nKIOSK4 Tea+Pot3812 12\n",
        "mail   Pass Fail\n----   ---- ----\nweb    120    3\n",
    ],
)
def test_what_stands_below_other_headings_and_below_no_hyphens_stays(redactor, text):
    assert redactor.text(text) == (text, {})
