import re

import pytest

from agent.redact.statements import ROWS, cell_in_row, cells_behind, headings_at


def in_column(heading, statement):
    line = statement.encode()
    match = re.search(heading.encode(), line)
    return [next(text for text in cell.groups() if text is not None).decode() for cell in cells_behind(line, match)]


@pytest.mark.parametrize(
    ("heading", "statement", "found"),
    [
        ("last_name", "INSERT INTO c (id, last_name, vip) VALUES (3, 'Doe', false);", ["Doe"]),
        ("last_name", "insert into c(id,last_name)values(3,N'Doe'),(4,'O''Brien') returning id", ["Doe", "O''Brien"]),
        ("last_name", "INSERT INTO c (at, last_name) VALUES (NOW(3), 'Doe'), (now(), 'Poe')", ["Doe", "Poe"]),
        ("last_name", "INSERT INTO c (note, last_name) VALUES ('a, (b) \\' c', 'Doe')", ["Doe"]),
        ("last_name", "INSERT INTO c (id, last_name) VALUES (3, NULL), ($1, ?)", ["NULL", "?"]),
        ("last_name", "INSERT INTO c (id, last_name) VALUES (3", []),
        ("last_name", "INSERT INTO c (id, last_name) SELECT 3, 'Doe'", []),
        ("last_name", "Key (id, last_name)=(3, Doe) already exists.", ["Doe"]),
        ("last_name", "Key (id, lower(last_name::text))=(3, Doe) already exists.", ["Doe"]),
        ("last_name", "Key (id, last_name) is not present", []),
        ("last_name", "SELECT last_name FROM c WHERE id IN (3)", []),
    ],
)
def test_a_statement_names_its_columns_first(heading, statement, found):
    assert in_column(heading, statement) == found


@pytest.mark.parametrize(
    ("line", "separator", "cells"),
    [
        ("INSERT INTO c (id, last_name) VALUES", ROWS, 2),
        ("LOG:  statement: insert into `c`(`id`,`last_name`,`at`) values ", ROWS, 3),
        ("COPY public.c (id, last_name) FROM stdin;", b"\t", 2),
        ("copy c(id, last_name) from stdin with (format csv, header)", b",", 2),
        ("COPY c (id, last_name) FROM STDIN DELIMITER '|'", b"|", 2),
        (r"COPY c (id, last_name) FROM STDIN DELIMITERS E'\t' CSV", b"\t", 2),
    ],
)
def test_a_statement_heads_the_rows_below_it(line, separator, cells):
    found = headings_at(line.encode(), line.index("last_name"))
    assert found is not None
    assert (found[0], len(found[1]), found[2]) == (separator, cells, 1)
    assert b"last_name" in found[1][1]


@pytest.mark.parametrize(
    "line",
    [
        "INSERT INTO c (id, last_name) VALUES (1, 'Doe')",
        "COPY c (id, last_name) TO stdout",
        "COPY last_name FROM stdin",
        "copy (id, last_name) values",
        "last_name, INSERT INTO c (id) VALUES",
    ],
)
def test_other_lines_head_none(line):
    assert headings_at(line.encode(), line.index("last_name")) is None


@pytest.mark.parametrize(
    ("row", "cells", "found"),
    [
        (r"(1, 'Doe', NOW(3)),", 3, "Doe"),
        ("\t(1, N'O''Doe');", 2, "O''Doe"),
        (r"(1, NULL)", 2, "NULL"),
        (r"(1, 'Doe'),", 3, None),
        (r"1, 'Doe'", 2, None),
        (r"(1, 'Doe", 2, None),
        ("", 2, None),
    ],
)
def test_a_row_has_as_many_cells_as_there_are_columns(row, cells, found):
    cell = cell_in_row(row.encode(), cells, 1)
    assert (next(text for text in cell.groups() if text is not None).decode() if cell else None) == found
