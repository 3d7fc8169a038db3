"""Event logs become one line of JSON for each event."""

import io
import json

import pytest

from agent.readers import CannotRead
from agent.readers import event_log as reader


@pytest.fixture
def read(tmp_path):
    def run(data):
        file = tmp_path / "a.evtx"
        file.write_bytes(data)
        out = io.BytesIO()
        left_out = reader.write_events(file, out)
        return [json.loads(line) for line in out.getvalue().splitlines()], left_out

    return run


def texts(events):
    return [event["Event"]["EventData"]["text"] for event in events]


def test_each_event_is_a_line_with_its_values_by_name(read, event_log):
    values = {"TargetUserName": "jsmith", "Message": 'two\nlines, <&> "quoted", é'}
    assert read(event_log([values])) == ([{"Event": {"EventData": values}}], "")


def test_a_log_without_events_is_empty(read, event_log):
    assert read(event_log()) == ([], "")


def test_events_come_in_the_order_of_their_numbers_wherever_they_stand(read, event_log):
    data = event_log([{"text": "third"}], [{"text": "first"}, {"text": "second"}], firsts=[3, 1])
    assert texts(read(data)[0]) == ["first", "second", "third"]


def test_of_a_long_log_the_newest_events_are_given(read, event_log, monkeypatch):
    data = event_log([{"text": "newer"}, {"text": "newest"}], [{"text": "oldest"}, {"text": "old"}], firsts=[3, 1])
    monkeypatch.setattr(reader, "TEXT_LIMIT_BYTES", 120)
    events, left_out = read(data)
    assert texts(events) == ["newer", "newest"]
    assert left_out == "only the newest 2 of 4 events"


def test_a_record_that_is_half_written_is_passed_over_and_told(read, event_log):
    data = bytearray(event_log([{"text": "first"}, {"text": "second"}], [{"text": "third"}]))
    place = data.index("second".encode("utf-16-le")) - 40
    data[place : place + 30] = b"\xff" * 30
    events, left_out = read(bytes(data))
    assert {"first", "third"} <= set(texts(events))
    assert "damaged" in left_out


@pytest.mark.parametrize("data", [b"", b"ElfFile", b"a text\n" * 100, b"ElfFile\x00" + bytes(200)])
def test_what_is_no_event_log_is_refused(read, data):
    with pytest.raises(CannotRead, match="event log"):
        read(data)


def test_a_log_of_which_nothing_can_be_read_is_refused(read, event_log):
    data = bytearray(event_log([{"text": "first"}]))
    data[4096 + 512 + 24 : 4096 + 512 + 90] = b"\xff" * 66
    with pytest.raises(CannotRead, match="damaged"):
        read(bytes(data))
