"""The system's log on Linux."""

from datetime import UTC, datetime

import pytest

from collectors import CommandError, CommandFailed
from collectors.system_log import COLLECTOR

SINCE = "--since=2026-03-07 09:26:53 UTC"  # a week before the test's now
LINE = "2026-03-14T09:20:01.000001+00:00 host nginx[812]: worker process 813 exited on signal 11\n"
ERROR = "2026-03-14T09:21:01.000001+00:00 host kernel: Out of memory: Killed process 813 (nginx)\n"
SYSLOG = (
    "Mar 14 09:20:01 host nginx[812]: started\n"
    "Mar 14 09:20:02 host CRON[99]: (root) CMD (true)\n"
    "Mar 14 09:20:03 host kernel: EXT4-fs error (device sda1): bad block\n"
    "Mar 14 09:20:04 host app: hello\n"
    "Mar 14 09:20:05 host nginx-helper[1]: started\n"
    "Mar 14 09:20:06 host systemd[1]: Failed to start x\n"
)


def journal(answers):
    """A journalctl that answers by its last argument, and has a journal."""

    def run(argv):
        assert argv[:3] == ("journalctl", "--no-pager", "--quiet")
        answer = answers.get(argv[-1], "")
        if isinstance(answer, CommandError):
            raise answer
        return answer

    return run


def test_units_identifiers_and_errors_are_asked_for_apart(machine, gather) -> None:
    ran: list[tuple[str, ...]] = []
    answers = {"--lines=1": LINE, "--unit=php.service": LINE, "--identifier=nginx": LINE * 2, "--priority=3": ERROR}
    options = {"units": ("nginx.service", "php.service"), "identifiers": ("nginx",)}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, commands=journal(answers), options=options, ran=ran))
    assert found.texts == {
        "system_log/units.log": LINE,
        "system_log/identifiers.log": LINE * 2,
        "system_log/errors.log": ERROR,
    }
    assert ran[1][3:] == (
        "--utc",
        "--output=short-iso-precise",
        SINCE,
        "--lines=5000",
        "--unit=nginx.service",
        "--unit=php.service",
    )


def test_the_persons_bound_on_age_is_asked_for(machine, gather) -> None:
    ran: list[tuple[str, ...]] = []
    earliest = datetime(2026, 3, 14, 8, 0, tzinfo=UTC)
    context = machine(collector=COLLECTOR, commands=journal({"--lines=1": LINE}), not_before=earliest, ran=ran)
    gather(COLLECTOR, context)
    assert "--since=2026-03-14 08:00:00 UTC" in ran[1]


def test_a_full_answer_is_said_to_be_cut(machine, gather) -> None:
    answers = {"--lines=1": LINE, "--priority=3": ERROR * 2}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, commands=journal(answers), options={"lines": 2}))
    assert found.artifacts["system_log/errors.log"].truncated == "only the last 2 entries"


def test_a_quiet_journal_and_a_failing_question_are_told(machine, gather) -> None:
    answers = {"--lines=1": LINE, "--unit=x": CommandFailed("'journalctl' ended with status 1")}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, commands=journal(answers), options={"units": ("x",)}))
    assert found.skipped == {
        "system_log/units.log": "'journalctl' ended with status 1",
        "system_log/errors.log": "the journal has no such entry in this time",
    }


@pytest.mark.parametrize("commands", [{}, {"journalctl --no-pager --quiet --lines=1": ""}])
@pytest.mark.parametrize("file", ["/var/log/syslog", "/var/log/messages"])
def test_without_a_journal_the_syslog_is_filtered(machine, gather, commands, file) -> None:
    """Lines of the application, by tag and not by word, and lines with a word for an error."""
    options = {"units": ("app.service",), "identifiers": ("nginx",)}
    context = machine(collector=COLLECTOR, commands=commands, files={file: SYSLOG}, options=options)
    found = gather(COLLECTOR, context)
    assert [line[13:15] for line in found.texts["system_log/syslog.log"].splitlines()] == ["01", "03", "04", "06"]
    artifact = found.artifacts["system_log/syslog.log"]
    assert artifact.origin.source == file
    assert artifact.truncated is not None


def test_without_names_only_errors_are_left_of_a_syslog(machine, gather) -> None:
    options = {"lines": 1}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, files={"/var/log/syslog": SYSLOG}, options=options))
    assert found.texts["system_log/syslog.log"].splitlines() == ["Mar 14 09:20:06 host systemd[1]: Failed to start x"]
    assert (found.artifacts["system_log/syslog.log"].truncated or "").startswith("only the last 1 of 2 lines")


def test_neither_journal_nor_syslog_is_told(machine, gather) -> None:
    assert gather(COLLECTOR, machine(collector=COLLECTOR)).skipped == {
        "system_log": "no journal (the command 'journalctl' is not on this machine) "
        "and neither of /var/log/syslog, /var/log/messages"
    }
