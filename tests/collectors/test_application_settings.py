"""Settings files, whole or not at all."""

import os
import sys

import pytest

from collectors.application_settings import COLLECTOR


def test_settings_are_taken_as_they_are(machine, gather) -> None:
    files = {
        "/etc/app/app.yaml": "a: 1\n",
        "/etc/app/conf.d/x.ini": "[a]\nb=1\n",
        "/etc/app/my.xml": "<a/>",
        "/etc/app/s.json": "{}",
        "/etc/app/p.properties": "a=1",
    }
    context = machine(collector=COLLECTOR, files=files, options={"globs": ("/etc/app/**",)})
    found = gather(COLLECTOR, context)
    assert found.texts == {f"application_settings{path}": text for path, text in files.items()}
    assert sorted(item.media_type for item in found.artifacts.values()) == [
        "application/json",
        "application/xml",
        "application/yaml",
        "text/plain",
        "text/plain",
    ]


def test_a_file_over_the_limit_is_left_out(machine, gather) -> None:
    options = {"globs": ("/etc/*.ini",), "file_limit_bytes": 10}
    context = machine(collector=COLLECTOR, files={"/etc/a.ini": "x" * 11}, options=options)
    assert gather(COLLECTOR, context).skipped == {
        "application_settings/etc/a.ini": "11 bytes, over the limit of 10 bytes, and useless in part"
    }


def test_places_without_settings_are_told(machine, gather) -> None:
    assert gather(COLLECTOR, machine(collector=COLLECTOR, options={"globs": ("/none/*",)})).skipped == {
        "/none/*": "no file matches"
    }


@pytest.mark.skipif(sys.platform == "win32", reason="it has no FIFOs")
def test_what_is_no_regular_file_is_told(machine, gather) -> None:
    context = machine(collector=COLLECTOR, options={"globs": ("/c/*",)}, files={"/c/a.txt": "x"})
    os.mkfifo(context._on_disk("/c/pipe"))
    found = gather(COLLECTOR, context)
    assert found.skipped["application_settings/c/pipe"] == "not a regular file (FIFO)"
