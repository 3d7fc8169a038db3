"""Each platform is asked in its own way; the ways have their tests beside this one."""

import pytest

from collectors.system_log import COLLECTOR


@pytest.mark.parametrize(("platform", "program"), [("linux", "journalctl"), ("win32", "wevtutil"), ("darwin", "log")])
def test_each_platform_has_its_own_program(machine, gather, platform, program) -> None:
    ran: list[tuple[str, ...]] = []
    gather(COLLECTOR, machine(platform=platform, collector=COLLECTOR, ran=ran))
    assert {argv[0] for argv in ran} == {program}
