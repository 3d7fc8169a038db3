"""Where the profiles that ship say that crashes show."""

import pytest

from agent.watch import places
from config import profiles

HOME = {"HOME": "/home/jo[1]", "USERPROFILE": r"C:\Users\jo", "ProgramData": r"C:\ProgramData"}


def test_a_worker_that_crashes_shows_where_systemd_keeps_dumps():
    watched = places.of_profile(profiles.load("postgresql", "linux"), "linux", HOME)
    assert watched.profile == "postgresql"
    assert "/var/crash/*postgres*" in watched.crashes
    assert "/var/lib/systemd/coredump/core.postgres.*" in watched.crashes
    assert "/var/log/postgresql/*.log*" in watched.logs


def test_variables_are_filled_in_and_wildcards_in_them_are_themselves():
    watched = places.of_profile(profiles.load("nginx", "darwin"), "darwin", HOME)
    assert watched.crashes == (
        "/Library/Logs/DiagnosticReports/nginx*",
        "/home/jo[[]1]/Library/Logs/DiagnosticReports/nginx*",
    )
    windows = places.of_profile(profiles.load("nginx", "win32"), "win32", HOME)
    assert windows.crashes == (r"C:\ProgramData\Microsoft\Windows\WER\ReportArchive\*nginx*\Report.wer",)


def test_a_log_of_the_applications_own_tells_where_no_dump_is_kept():
    watched = places.of_profile(profiles.load("nginx", "linux"), "linux", HOME)
    assert "/var/log/nginx/error.log" in watched.telling_logs
    assert "exited on signal 11" in watched.phrases
    assert not any("access" in log for log in watched.telling_logs)
    watched = places.of_profile(profiles.load("postgresql", "linux"), "linux", HOME)
    assert "/var/log/postgresql/*.log" in watched.telling_logs
    assert "was terminated by signal 11" in watched.phrases


def test_the_services_are_those_of_the_collector():
    assert places.of_profile(profiles.load("nginx", "linux"), "linux", HOME).units == ("nginx.service",)
    assert "postgresql@*.service" in places.of_profile(profiles.load("postgresql", "linux"), "linux", HOME).units
    assert places.of_profile(profiles.load("nginx", "win32"), "win32", HOME).units == ()


@pytest.mark.parametrize("platform", profiles.ALL_PLATFORMS)
def test_every_profile_that_ships_can_be_watched(platform):
    for name in profiles.available():
        watched = places.of_profile(profiles.load(name, platform), platform, HOME)
        assert all("~" not in pattern[:1] for pattern in (*watched.crashes, *watched.logs))
        dumps = [each.rpartition("/core.")[2] for each in watched.crashes if each.startswith("/var/lib/systemd/")]
        assert all(len(name) <= len("fifteen-letters.*") for name in dumps)
        assert platform == "linux" or not dumps
