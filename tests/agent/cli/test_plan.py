"""``sendlogs plan`` shows everything and does nothing."""


def test_all_nine_items_are_shown_with_their_source(run):
    """The nine things support needs, numbered, each with a place it would come from."""
    shown = run("plan", "--profile", "crashplan-proe").out
    for number in range(1, 10):
        assert f"\n  {number}. " in shown
    assert "\n  10. " not in shown
    assert ".identity" in shown


def test_the_plan_is_one_event_for_programs(run):
    (event,) = run("plan", "--profile", "system", "--json").events
    assert event["event"] == "planned"
    assert len(event["plan"]["answers"]) == 9


def test_nothing_is_gathered(run, monkeypatch):
    monkeypatch.setattr("agent.collect.commands.run_command", lambda *_, **__: 1 / 0)
    assert run("plan", "--profile", "system").code == 0


def test_an_unknown_profile_is_a_sentence_with_the_known_ones(run):
    ended = run("plan", "--profile", "ngnix")
    assert ended.code == 2
    assert "nginx" in ended.err


def test_a_folder_that_is_not_there_is_told(run, machine):
    ended = run("plan", "--profile", "system", "--to", f"folder:{machine / 'tyop'}")
    assert ended.code == 2
    assert "Make it, or mount it" in ended.err
    assert run("plan", "--profile", "system", "--to", f"folder:{machine}").code == 0


def test_how_far_back_is_said(run):
    assert "Logs since: " in run("plan", "--profile", "system", "--since", "24h").out


def test_nothing_is_made_on_the_disk(run, machine):
    """Not even the computer's ID or the state folder: looking is free."""
    assert "made when first needed" in run("plan", "--profile", "system").out
    assert not (machine / "state").exists()
