"""A list of the arguments of a command is put together to its command line, and what is found there keeps its place."""

import re

import pytest

from agent.redact.vectors import TRIGGER, vectors
from tests.bench import logs

HEX = b"mysql\0-uroot\0-pTea".hex().upper()


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('execve("/bin/mysql", ["mysql", "-uroot", "-pTea"], 0x7) = 0', " /bin/mysql mysql -uroot -pTea"),
        ("Command '['mysql', '-u', 'tea pot']' returned 1", ' mysql -u "tea pot"'),
        ('type=EXECVE argc=3 a0="mysql" a1="-u" a2=74656120706F74', ' mysql -u "tea pot"'),
        ("cmd=[mysql, -uroot, -pTea]", " mysql -uroot -pTea"),
        ("exec arg,mysql,-uroot,-pTea", " mysql -uroot -pTea"),
        ("<arg>mysql</arg> <arg>-pTea</arg>", " mysql -pTea"),
        (r"cmdline mysql\0-uroot\0-pTea", " mysql -uroot -pTea"),
        ("cmdline mysql^@-uroot^@-pTea", " mysql -uroot -pTea"),
        (f"type=PROCTITLE proctitle={HEX}", " mysql -uroot -pTea"),
        (r"{\"cmd\": \"mysql\", \"args\": [\"-uroot\", \"-pTea\"]}", None),
        ('{"argv":["mysql","-uroot","-pTea"]}', None),
        ('exec.Command("mysql", "-uroot", "-pTea")', " mysql -uroot -pTea"),
    ],
)
def test_arguments_become_the_line_that_was_typed(line, text):
    assert re.search(TRIGGER, line)
    texts = [vector.text.decode() for vector in vectors(line.encode())]
    assert text in texts if text is not None else any("mysql" in each and each.endswith("-pTea") for each in texts)


@pytest.mark.parametrize(
    "line", [b'execve("x", ["mysql", "-u", "tea pot", "-pTea"])', b"cmd=[mysql, -u, tea pot, -pTea]"]
)
def test_what_is_found_stands_where_it_stood(line):
    found = next(vector for vector in vectors(line) if b"-pTea" in vector.text)
    start = found.text.index(b"-pTea") + 2
    assert line[slice(*found.span(start, start + 3))] == b"Tea"
    start = found.text.index(b"tea")
    assert line[slice(*found.span(start, start + 3))] == b"tea pot"  # to the end of its argument
    assert found.span(0, 1) is None


def test_digits_are_as_wide_as_two_for_each_byte():
    line = f"proctitle={HEX}".encode()
    (found,) = vectors(line)
    start = found.text.index(b"-pTea") + 2
    assert bytes.fromhex(line[slice(*found.span(start, start + 3))].decode()) == b"Tea"


def test_one_word_or_a_sentence_is_no_list():
    assert not list(vectors(b"cmd=[mysql] started 'now'"))


def test_ordinary_logs_hold_hardly_any():
    lines = logs.text("sparse", 1_000_000).decode("latin-1").split("\n")
    assert sum(re.search(TRIGGER, line) is not None for line in lines) * 1000 <= len(lines) * 5


def test_a_line_of_thousands_of_arguments_is_read_in_part():
    line = b'args: [ "mysql", ' + b'"-pTea1234X", ' * 20_000 + b'"end"]'
    assert sum(len(vector.arguments) for vector in vectors(line)) <= 16 * 200


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ('execve("/bin/x", ["xfreerdp", "/u:bo", "/p:Tea_Pot38"])', '"/p:['),
        ("cmd=[sqlplus, -L, app/Tea1Pot38@PRD]", "app/["),
        (f"proctitle={'mysql%-uroot%-pTea1Pot38'.replace('%', chr(0)).encode().hex().upper()}", "2D70["),
    ],
)
def test_the_rules_of_commands_find_in_a_list_what_they_find_in_a_line(redactor, line, left):
    redacted, counts = redactor.text(line)
    assert left in redacted
    assert sum(counts.values()) == 1
    assert redactor.text(redacted)[0] == redacted


def test_an_argument_of_several_lines_is_read_to_its_end():
    """``sh -c`` with a script in it: the engines tell what is in one line."""
    script = b"mysql -u bo -pTea12\nmysql -u jo -pPot34"
    (vector,) = vectors(b"proctitle=" + b"\x00".join([b"sh", b"-c", script]).hex().upper().encode())
    assert b"\n" not in vector.text
    assert vector.text.count(b"mysql") == 2
    assert vector.arguments[-1].value == script


def test_each_line_of_such_an_argument_is_redacted(redactor):
    script = b"sh\x00-c\x00true\nmysql -u bo -pTeapot12\ncurl -u jo:Walnut34x https://x.example/"
    redacted = redactor.text("type=PROCTITLE proctitle=" + script.hex().upper())[0]
    assert b"Teapot12".hex().upper() not in redacted
    assert b"Walnut34x".hex().upper() not in redacted
