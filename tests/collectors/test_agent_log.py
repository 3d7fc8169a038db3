"""The log of sendlogs itself."""

from collectors.agent_log import COLLECTOR

FOLDER = "/home/ada/.local/state/sendlogs/logs"


def test_the_logs_of_the_folder_are_taken(machine, gather) -> None:
    files = {f"{FOLDER}/sendlogs.log": "new\n", f"{FOLDER}/sendlogs.log.1": "old\n"}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, files=files, options={"folder": FOLDER}))
    assert found.texts == {f"agent_log{path}": text for path, text in files.items()}


def test_a_folder_without_logs_is_told(machine, gather) -> None:
    found = gather(COLLECTOR, machine(collector=COLLECTOR, options={"folder": FOLDER}))
    assert found.skipped == {"agent_log": f"no file is in {FOLDER}"}


def test_without_a_folder_there_is_nothing(machine, gather) -> None:
    assert gather(COLLECTOR, machine(collector=COLLECTOR)).skipped == {"agent_log": "sendlogs keeps no log here"}
