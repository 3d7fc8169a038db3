import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("id,user,password\n1,jsmith,x1\n2,root,\n", "id,user,password\n1,user-…,#\n2,root,\n"),
        ("id;api key\r\n1; x1 \r\n\r\n", "id;api key\r\n1; # \r\n\r\n"),
        ('a\tsecret\n1\t"x""1\ny"', 'a\tsecret\n1\t"#\n#"'),
        ("id,password\n1,x1,3\n", "id,password\n1,x1,3\n"),
        ("id,name\n1,x1\n", "id,name\n1,x1\n"),
        ("password\nx1\n", "password\nx1\n"),
        ("Failed, password: x1!\n1,x1\n", "Failed, password: x1!\n1,x1\n"),
    ],
)
def test_the_values_of_telling_columns_are_masked(by_format, text, left):
    assert by_format("csv", text) == left


@given(
    rows=st.lists(
        st.tuples(st.text('ab,;"\n x1', max_size=9), st.just("x1y"), st.text('ab",', max_size=5)), max_size=5
    ),
    separator=st.sampled_from(",;\t|"),
)
def test_the_other_columns_stay(by_format, rows, separator):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("note", "token", "last"), *rows])
    redacted = by_format("csv", out.getvalue())
    left = list(csv.reader(io.StringIO(redacted), delimiter=separator))
    assert left == [["note", "token", "last"], *([note, "#", last] for note, _, last in rows)]
    assert redacted.count("\n") == out.getvalue().count("\n")
