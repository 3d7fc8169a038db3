"""Event logs as Windows writes them, in the smallest form: chunks of records, each a tree of elements in BinXml.

By "Windows XML Event Log (EVTX) format" of the libevtx project, and MS-EVEN6 for BinXml.
"""

import struct
import zlib
from functools import partial

import pytest

_CHUNK_BYTES = 2**16
_FIRST_TIME = 133_500_000_000_000_000  # in units of 100 ns since 1601: January 2024
_SECOND = 10_000_000


class BinXml:
    """Grows in its place in a chunk, since names are referred to by where they stand."""

    def __init__(self, place):
        self.place = place
        self.data = bytearray(b"\x0f\x01\x01\x00")

    def name(self, text):
        at = self.place + len(self.data) + 4
        self.data += struct.pack("<IIHH", at, 0, 0, len(text)) + text.encode("utf-16-le") + bytes(2)

    def value(self, text):
        self.data += b"\x05\x01" + struct.pack("<H", len(text)) + text.encode("utf-16-le")

    def sized(self, write):
        """What ``write`` appends, behind its length."""
        at = len(self.data)
        self.data += bytes(4)
        write()
        struct.pack_into("<I", self.data, at, len(self.data) - at - 4)

    def element(self, name, content, label=None, *, in_template=False):
        """One element; its content is a text, or a function that appends what is inside."""
        self.data += (b"\x41" if label else b"\x01") + (b"\xff\xff" if in_template else b"")
        self.sized(partial(self._inside, name, content, label))

    def _inside(self, name, content, label):
        self.name(name)
        if label:
            self.sized(partial(self._attribute, label))
        self.data += b"\x02"
        if callable(content):
            content()
        else:
            self.value(content)
        self.data += b"\x04"

    def _attribute(self, label):
        self.data += b"\x06"
        self.name("Name")
        self.value(label)


def event(values):
    """An event with these values by name, as a function that writes it."""

    def write(xml):
        def data():
            for name, text in values.items():
                xml.element("Data", text, name)

        xml.element("Event", lambda: xml.element("EventData", data))

    return write


def laughing(times, depth):
    """A template that holds its value so many times, whose value is the template again, and so on."""

    def instance(xml, left, at):
        xml.data += b"\x0c\x01" + struct.pack("<I", 7)
        if at is None:
            at = xml.place + len(xml.data) + 4
            xml.data += struct.pack("<II", at, 0) + bytes(16)
            xml.sized(lambda: definition(xml))
        else:
            xml.data += struct.pack("<I", at)
        begin = len(xml.data) + 8
        xml.data += struct.pack("<IHBB", 1, 0, 0x21 if left else 0x01, 0)
        if left:
            xml.data += b"\x0f\x01\x01\x00"
            instance(xml, left - 1, at)
            xml.data += b"\x00"
        else:
            xml.data += "ha".encode("utf-16-le")
        struct.pack_into("<H", xml.data, begin - 4, len(xml.data) - begin)

    def definition(xml):
        def content():
            xml.data += b"\x0d\x00\x00\x21" * times

        xml.data += b"\x0f\x01\x01\x00"
        xml.element("a", content, in_template=True)
        xml.data += b"\x00"

    return lambda xml: instance(xml, depth, None)


def chunk(events, first):
    data = bytearray(512)
    last = 0
    for number, write in enumerate(events):
        last = len(data)
        xml = BinXml(last + 24)
        write(xml)
        size = 24 + len(xml.data) + 5
        data += struct.pack("<IIQQ", 0x2A2A, size, first + number, _FIRST_TIME + (first + number) * _SECOND)
        data += xml.data + b"\x00" + struct.pack("<I", size)
    head = bytearray(128)
    numbers = (first, first + len(events) - 1) * 2
    struct.pack_into("<8s4Q4I", head, 0, b"ElfChnk", *numbers, 128, last, len(data), zlib.crc32(data[512:]))
    struct.pack_into("<I", head, 124, zlib.crc32(bytes(384), zlib.crc32(head[:120])))
    data[:128] = head
    assert len(data) <= _CHUNK_BYTES
    return bytes(data).ljust(_CHUNK_BYTES, b"\x00")


@pytest.fixture(scope="session")
def event_log():
    """A file of chunks, each a list of events; they are numbered from 1 on, or as ``firsts`` says of each chunk."""

    def make(*chunks, firsts=None):
        chunks = [[event(one) if isinstance(one, dict) else one for one in events] for events in chunks]
        firsts = firsts or [1 + sum(map(len, chunks[:place])) for place in range(len(chunks))]
        head = bytearray(4096)
        following = sum(map(len, chunks)) + 1
        values = (b"ElfFile", 0, max(len(chunks) - 1, 0), following, 128, 1, 3, 4096, len(chunks))
        struct.pack_into("<8s3QI4H", head, 0, *values)
        struct.pack_into("<I", head, 124, zlib.crc32(head[:120]))
        return bytes(head) + b"".join(map(chunk, chunks, firsts))

    return make


@pytest.fixture(scope="session")
def bomb():
    """An event that says a few kilobytes and means gigabytes."""
    return laughing(50, 8)
