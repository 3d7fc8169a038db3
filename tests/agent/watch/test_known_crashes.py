"""Each crash is told once: not the old ones, not again after a restart, not a hundred times in a crash loop."""

import pytest

from agent.watch import known_crashes
from agent.watch.known_crashes import QUIET_SECONDS, KnownCrashes

NOW = 1_800_000_000.0


def test_what_is_there_at_first_is_old(tmp_path):
    known = KnownCrashes(tmp_path)
    assert known.note("nginx", {"/c/a": NOW}, NOW) is None
    assert known.note("nginx", {"/c/a": NOW, "/c/b": NOW + 1}, NOW + 1) == "/c/b"


def test_a_crash_is_told_once_also_after_a_restart(tmp_path):
    KnownCrashes(tmp_path).note("nginx", {}, NOW)
    assert KnownCrashes(tmp_path).note("nginx", {"/c/a": NOW}, NOW) == "/c/a"
    assert KnownCrashes(tmp_path).note("nginx", {"/c/a": NOW}, NOW + 2 * QUIET_SECONDS) is None


def test_a_dump_that_is_written_for_long_is_one_crash(tmp_path):
    known = KnownCrashes(tmp_path)
    known.note("nginx", {}, NOW)
    told = [known.note("nginx", {"/c/a": NOW + at}, NOW + at) for at in range(0, 1200, 30)]
    assert [path for path in told if path] == ["/c/a"]
    assert KnownCrashes(tmp_path).note("nginx", {"/c/a": NOW + 1170}, NOW + 1200) is None


def test_a_report_that_is_written_anew_is_another_crash(tmp_path):
    known = KnownCrashes(tmp_path)
    known.note("nginx", {"/c/a": NOW}, NOW)
    assert known.note("nginx", {"/c/a": NOW + 3600}, NOW + 3600) == "/c/a"


def test_a_crash_loop_is_told_once_in_a_while_and_each_application_for_itself(tmp_path):
    known = KnownCrashes(tmp_path)
    found = {}
    known.note("nginx", found, NOW)
    known.note("postgresql", {}, NOW)
    told = []
    for number in range(100):
        found[f"/c/{number}"] = NOW + 10 * number
        told.append(known.note("nginx", found, NOW + 10 * number))
    assert [path for path in told if path] == ["/c/0", "/c/60"]
    assert known.note("postgresql", {"/d": NOW + 1000}, NOW + 1000) == "/d"


def test_what_a_log_says_is_told_once_in_a_while_also_after_a_restart(tmp_path):
    known = KnownCrashes(tmp_path)
    assert known.note_said("nginx", NOW)
    assert not known.note_said("nginx", NOW + 1)
    assert known.note_said("postgresql", NOW + 1)
    again = KnownCrashes(tmp_path)
    assert not again.note_said("nginx", NOW + QUIET_SECONDS - 1)
    assert again.note("nginx", {"/c/a": NOW}, NOW + 2) is None
    assert again.note_said("nginx", NOW + QUIET_SECONDS)


def test_thousands_of_old_reports_are_not_told_when_newer_ones_go(tmp_path):
    known = KnownCrashes(tmp_path)
    found = {f"/c/{number}": NOW + number for number in range(2000)}
    known.note("nginx", found, NOW)
    for number in range(1400, 1900):
        del found[f"/c/{number}"]
    assert known.note("nginx", found, NOW + QUIET_SECONDS) is None
    assert (tmp_path / "watch" / "crashes.json").stat().st_size < 30_000


def test_a_disk_that_is_full_forgets_nothing(tmp_path, monkeypatch):
    known = KnownCrashes(tmp_path)
    known.note("nginx", {}, NOW)

    def full(path, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(known_crashes, "write_private", full)
        with pytest.raises(OSError, match="No space"):
            known.note("nginx", {"/c/a": NOW}, NOW)
    assert known.note("nginx", {"/c/a": NOW}, NOW) == "/c/a"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 1, "seen": {"nginx": 1}, "told": {}}', b'{"format": 2}'])
def test_a_damaged_memory_is_as_if_nothing_had_been_seen(tmp_path, content):
    KnownCrashes(tmp_path).note("nginx", {}, NOW)
    (tmp_path / "watch" / "crashes.json").write_bytes(content)
    known = KnownCrashes(tmp_path)
    assert known.note("nginx", {"/c/a": NOW}, NOW) is None
    assert known.note("nginx", {"/c/a": NOW, "/c/b": NOW}, NOW) == "/c/b"
