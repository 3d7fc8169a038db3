"""``sendlogs completion``"""

import pytest


@pytest.mark.parametrize(("shell", "says"), [("bash", "complete"), ("zsh", "#compdef"), ("fish", "complete")])
def test_a_script_for_each_shell_names_our_program(run, shell, says):
    out = run("completion", shell).out
    assert says in out
    assert "_SENDLOGS_COMPLETE" in out
    assert run("completion", shell, "--json").events[0]["script"] == out.removesuffix("\n")


def test_another_shell_is_refused(run):
    assert run("completion", "tcsh").code == 2
