"""What a log writes in front of its lines ends where the text begins, with the blanks that are the text's own."""

import time

import pytest

from agent.redact.line_prefix import prefix_end

PREFIXES = (
    "May  1 10:00:00 h jenkins[812]: ",
    "<34>Oct 11 22:14:15 mymachine su: ",
    "Oct 11 22:14:15 mymachine kernel: [  12.3] ",
    "2024-05-01T00:00:00.123456789Z stdout F ",
    "2024-05-01T10:00:00+02:00 web1 app[12]: ",
    "2024-05-01 10:00:00,123 INFO  [main] c.e.Foo - ",
    "2024-05-01 10:00:00 ",
    "[2024-05-01 10:00:00] [error] ",
    "10:00:00.123 WARN ",
    "app_1  | ",
    "[pod/web-0/app] ",
    "I0501 12:00:00.000000       1 file.go:33] ",
    "#12 1.234 ",
    "==> amazon-ebs: ",
    "[INFO] ",
    "ERROR:root:",
    "postgres[812]: ",
    "2024-05-01T10:00:00.123456+02:00 web01 app: ",
    "2024-05-01 10:00:00.123 CEST [1234] LOG:  ",
    "2024-05-01 10:00:00,123 INFO  [main] c.e.Foo (Foo.java:12) - ",
    "2024-05-01 10:00:00.123  INFO 1234 --- [main] c.e.Foo  : ",
    "2024-05-01T10:00:00Z  INFO app::server: ",
    "2024-05-01 10:00:00,123 - app.auth - INFO - ",
    "2024-05-01 10:00:00.123 | INFO     | app:run:12 - ",
    "2024-05-01T10:00:00.123Z\tINFO\tserver/main.go:12\t",
    "2024/05/01 10:00:00 [info] 12#12: *3 ",
    "<165>1 2003-10-11T22:14:15.003Z web1 app 12 ID47 - ",
    "05-01 10:00:00.123  1234  5678 I Tag: ",
    "10:00AM INF ",
    "INFO[0001] ",
    "2024-05-01T00:00:00.123456Z 01O ",
)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    "text", ["password:", "  - indented: x", "NAME   PASSWORD", "- name: DB", "| a | b |", "Admin token:"]
)
def test_the_text_begins_behind_the_prefix(prefix, text):
    if prefix.endswith(":") and text.startswith(" "):
        return
    assert prefix_end((prefix + text).encode()) == len(prefix)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "your password: x",
            "Admin password:",
            "password: x",
            "- name: DB",
            "  - x",
            "| bob | x |",
            "--- a/file",
            "[Section]",
        ),
        *("bob | x | 3", '2024-05-01,"x"', "[redacted:private-key] x", "", "key=value", "Content-Type: x"),
    ],
)
def test_what_a_person_or_a_file_writes_has_none(line):
    assert prefix_end(line.encode()) == 0


@pytest.mark.parametrize("piece", ["[a] ", "info: ", "a.b.c: ", "10:00:00 ", "a.", "#1 ", "[" * 8, "a-1 "])
def test_no_line_takes_longer_than_its_length_asks_for(piece):
    line = (piece * 20_000).encode()
    begun = time.process_time()
    prefix_end(line)
    assert time.process_time() - begun < 0.5
