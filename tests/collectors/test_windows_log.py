"""The event logs of Windows, as `wevtutil qe /f:text` writes them."""

from datetime import UTC, datetime

from collectors import CommandFailed
from collectors.system_log import COLLECTOR

EVENTS = """\
Event[0]:
  Log Name: Application
  Source: CrashPlanService
  Date: 2026-03-14T09:12:44.5170000Z
  Event ID: 7034
  Task: N/A
  Level: Error
  Opcode: Info
  Keyword: Classic
  User: S-1-5-18
  User Name: NT AUTHORITY\\SYSTEM
  Computer: DESKTOP-1A2B3C4
  Description:
The CrashPlan Backup Service service terminated unexpectedly.

Event[1]:
  Log Name: Application
  Source: CrashPlanService
  Date: 2026-03-14T09:02:10.1230000Z
  Event ID: 1000
  Task: N/A
  Level: Warning
  Opcode: Info
  Keyword: Classic
  User: N/A
  User Name: N/A
  Computer: DESKTOP-1A2B3C4
  Description:
Faulting application name: CrashPlanService.exe, version: 11.4.0.0

"""
BY_PROVIDER = (
    "*[System[Provider[@Name='CrashPlanService' or @Name='CrashPlan App'] "
    "and TimeCreated[@SystemTime>='2026-03-07T09:26:53.000Z']]]"
)
BY_LEVEL = "*[System[(Level=1 or Level=2) and TimeCreated[@SystemTime>='2026-03-07T09:26:53.000Z']]]"


def asked(log: str, query: str, count: int = 5000) -> tuple[str, ...]:
    return ("wevtutil", "qe", log, f"/q:{query}", "/f:text", "/rd:true", f"/c:{count}")


def test_events_of_the_application_and_errors_are_asked_for_in_both_logs(machine, gather) -> None:
    commands = {
        asked("Application", BY_PROVIDER): EVENTS,
        asked("Application", BY_LEVEL): EVENTS,
        asked("System", BY_PROVIDER): "",
        asked("System", BY_LEVEL): CommandFailed("'wevtutil' ended with status 5: Access is denied."),
    }
    options = {"providers": ("CrashPlanService", "CrashPlan App")}
    found = gather(COLLECTOR, machine(platform="win32", collector=COLLECTOR, commands=commands, options=options))
    assert found.texts == {
        "system_log/Application-application.txt": EVENTS,
        "system_log/Application-errors.txt": EVENTS,
    }
    assert found.skipped == {
        "system_log/System-application.txt": "the log 'System' has no such event in this time",
        "system_log/System-errors.txt": "'wevtutil' ended with status 5: Access is denied.",
    }
    assert found.artifacts["system_log/Application-errors.txt"].truncated is None


def test_as_many_events_as_were_asked_for_may_not_be_all(machine, gather) -> None:
    commands = {asked("Application", BY_LEVEL, 2): EVENTS}
    context = machine(platform="win32", collector=COLLECTOR, commands=commands, options={"lines": 2})
    artifact = gather(COLLECTOR, context).artifacts["system_log/Application-errors.txt"]
    assert artifact.truncated == "only the newest 2 events"


def test_a_name_with_a_quote_cannot_change_the_question(machine, gather) -> None:
    ran: list[tuple[str, ...]] = []
    options = {"providers": ("x' or @Name='Security",)}
    context = machine(
        platform="win32",
        collector=COLLECTOR,
        options=options,
        not_before=datetime(2026, 3, 7, 9, 26, 53, tzinfo=UTC),
        ran=ran,
    )
    gather(COLLECTOR, context)
    assert ran == [asked("Application", BY_LEVEL), asked("System", BY_LEVEL)]
