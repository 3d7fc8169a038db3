"""Redactors made once: compiling the rules takes a moment; and archives as others make them."""

import io
import os
import re
import tarfile
import zipfile

import py7zr
import pytest
from filelock import FileLock

from agent.redact import LocalFacts, Redactor, load_rules
from agent.redact.checks.validators import VALIDATORS

KEY = b"a key for tests, of 32 bytes...."


@pytest.fixture(scope="session")
def rules():
    return load_rules()


@pytest.fixture(scope="session")
def redactor(rules):
    """All rules, no local facts, the fastest engine."""
    return Redactor(rules, KEY, LocalFacts())


@pytest.fixture(scope="session")
def compiled(rules, tmp_path_factory):
    """A folder of what Hyperscan makes of all rules, which takes it seconds: once in a run, for all its workers."""
    pytest.importorskip("hyperscan")
    mine = tmp_path_factory.getbasetemp()
    shared = (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "compiled-rules"
    with FileLock(f"{shared}.lock"):
        Redactor(rules, KEY, LocalFacts(), compiled=shared).expect(2**40)
    return shared


@pytest.fixture(scope="session")
def redact_bytes():
    """Bytes through a redactor's stream."""

    def run(redactor, data, *, path="a.log", media_type="text/plain"):
        target = io.BytesIO()
        redactor.stream(io.BytesIO(data), target, path=path, media_type=media_type)
        return target.getvalue()

    return run


@pytest.fixture(scope="session")
def of_kind():
    """A text with the letters of each pseudonym as an ellipsis."""
    stand_in = re.compile(
        r"(?<![a-z])(ip6?|mail|host|user|name|mac|phone|sid|serial|network)-(private-)?[a-z2-7]{8,12}"
    )
    return lambda text: stand_in.sub(lambda found: f"{found[1]}-{found[2] or ''}…", text)


@pytest.fixture(scope="session")
def check():
    """What the validator of this name says of a value behind some text."""

    def run(name, value, before=b""):
        match = re.compile(re.escape(before) + b"(?P<value>" + re.escape(value) + b")").search(before + value)
        return VALIDATORS[name](value, match)

    return run


@pytest.fixture(scope="session")
def secret():
    """A credential that several rules know, made here so that it is nobody's."""
    return "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


@pytest.fixture(scope="session")
def text():
    """A log with a name and a password in it."""
    return b"first\nuser=jsmith password=hunter2-hunter2\nlast\n"


@pytest.fixture(scope="session")
def program():
    """Bytes that nobody takes for text."""
    return b"\x7fELF" + bytes(range(256)) * 4


@pytest.fixture(scope="session")
def zipped():
    """A zip of these members, name and content."""

    def make(members):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return out.getvalue()

    return make


@pytest.fixture(scope="session")
def tarred():
    """A tar of these members, name and content; a content of ``None`` is a link to somewhere else."""

    def make(members):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                if data is None:
                    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                else:
                    info.size = len(data)
                archive.addfile(info, io.BytesIO(data or b""))
        return out.getvalue()

    return make


@pytest.fixture(scope="session")
def sevenzipped():
    """A ``.7z`` of these members, name and content; keywords go to py7zr."""

    def make(members, **options):
        out = io.BytesIO()
        with py7zr.SevenZipFile(out, "w", **options) as archive:
            for name, data in members.items():
                archive.writestr(data, name)
        return out.getvalue()

    return make


@pytest.fixture(scope="session")
def un7zipped():
    """What is in a ``.7z``: name and content."""

    def read(data):
        factory = py7zr.io.BytesIOFactory(limit=2**30)
        with py7zr.SevenZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            archive.extractall(factory=factory)
        read = {name: product.read() for name, product in factory.products.items()}
        return {name: next(data for path, data in read.items() if path.endswith(name)) for name in names}

    return read
