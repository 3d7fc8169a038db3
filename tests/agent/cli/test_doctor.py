"""``sendlogs doctor``"""

import json


def test_a_machine_on_which_all_is_well(run, machine):
    (machine / "share").mkdir()
    ended = run("doctor", "--to", f"folder:{machine / 'share'}", "--json")
    assert ended.code == 0, ended.out
    assert {event["event"] for event in ended.events} == {"finding"}
    assert "problem" not in {event["level"] for event in ended.events}


def test_a_problem_is_told_with_what_to_do_and_ends_with_12(run, machine):
    ended = run("doctor", "--to", f"folder:{machine / 'nowhere'}")
    assert ended.code == 12
    assert "PROBLEM  endpoint: " in ended.out
    assert ended.err.startswith("sendlogs: One problem keeps a bundle from arriving.")
    last = json.loads(run("doctor", "--to", f"folder:{machine / 'nowhere'}", "--json").out.splitlines()[-1])
    assert (last["event"], last["exit_code"]) == ("error", 12)


def test_settings_that_cannot_be_used_are_a_finding_and_no_crash(run, monkeypatch):
    monkeypatch.setenv("SENDLOGS_LIMIT_BYTES", "many")
    ended = run("doctor")
    assert ended.code == 12
    assert "PROBLEM  configuration: environment variable SENDLOGS_LIMIT_BYTES" in ended.out
