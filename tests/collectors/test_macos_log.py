"""The unified log of macOS, as `log show --style syslog` writes it."""

from datetime import timedelta

from collectors.system_log import COLLECTOR

HEADER = "Timestamp                       (process)[PID]    \n"
ENTRY = (
    "2026-03-14 09:20:01.123456+0000  localhost CrashPlanService[312]: (CFNetwork) [com.apple.CFNetwork:Default] "
    "Task <8A5C> finished with error [-1001] The request timed out.\n"
)
BY_PROCESS = 'process == "CrashPlanService" OR process == "Crash\\"Plan"'
BY_LEVEL = "messageType == error OR messageType == fault"


def asked(predicate: str, minutes: int) -> tuple[str, ...]:
    return ("log", "show", "--style", "syslog", "--predicate", predicate, "--last", f"{minutes}m")


def test_processes_are_asked_for_a_week_and_errors_for_hours(machine, gather) -> None:
    commands = {asked(BY_PROCESS, 7 * 24 * 60): HEADER + ENTRY, asked(BY_LEVEL, 180): HEADER + ENTRY * 3}
    options = {"processes": ("CrashPlanService", 'Crash"Plan')}
    found = gather(COLLECTOR, machine(platform="darwin", collector=COLLECTOR, commands=commands, options=options))
    assert found.texts == {
        "system_log/application.log": HEADER + ENTRY,
        "system_log/errors.log": HEADER + ENTRY * 3,
    }
    assert found.skipped == {}


def test_the_persons_bound_on_age_is_the_stricter_one(machine, gather) -> None:
    ran: list[tuple[str, ...]] = []
    context = machine(platform="darwin", collector=COLLECTOR, ran=ran)
    context = machine(platform="darwin", collector=COLLECTOR, ran=ran, not_before=context.now - timedelta(seconds=90))
    gather(COLLECTOR, context)
    assert ran == [asked(BY_LEVEL, 2)]


def test_only_the_last_lines_of_a_long_answer_are_kept(machine, gather) -> None:
    commands = {asked(BY_LEVEL, 180): HEADER + "old\n" + ENTRY}
    context = machine(platform="darwin", collector=COLLECTOR, commands=commands, options={"lines": 1})
    found = gather(COLLECTOR, context)
    assert found.texts == {"system_log/errors.log": ENTRY}
    assert found.artifacts["system_log/errors.log"].truncated == "only the last 1 of 3 lines"


def test_a_header_alone_is_no_entry(machine, gather) -> None:
    commands = {asked(BY_LEVEL, 180): HEADER}
    found = gather(COLLECTOR, machine(platform="darwin", collector=COLLECTOR, commands=commands))
    assert found.skipped == {"system_log/errors.log": "the unified log has no such entry in this time"}
