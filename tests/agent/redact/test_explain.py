import pytest

from agent.redact import Explainer, look_through
from agent.redact.explain import EXPLAINED_OF_EACH_RULE


@pytest.fixture
def explained(redactor, tmp_path):
    """The decisions on this log, and the explainer."""

    def run(data, **options):
        (tmp_path / "a.log").write_bytes(data)
        told = []
        explainer = Explainer(told.append, **options)
        look_through(tmp_path, redactor, explainer)
        return told, explainer

    return run


def test_a_decision_tells_place_values_and_rule(explained):
    [decision], explainer = explained(b"ok\nlogin password=hunter2x at noon\n")
    assert (decision.place, decision.line, decision.rule) == ("a.log", 2, "secret-bare")
    sides = (decision.before, decision.old, decision.new, decision.behind)
    assert sides == (b"login password=", b"hunter2x", b"[redacted:secret-bare]", b" at noon")
    assert explainer.counts == {"secret-bare": 1}
    assert explainer.not_told == 0


def test_old_and_new_are_those_of_the_redacted_text(explained, redactor, redact_bytes):
    data = b"from 203.0.113.9 to 203.0.113.8\nuser=jsmith mail jane@corp.example\n" * 3
    told, _ = explained(data)
    lines = [bytearray(line) for line in data.splitlines()]
    for decision in told:
        line = lines[decision.line - 1]
        at = line.index(decision.old)
        line[at : at + len(decision.old)] = decision.new
    assert b"\n".join(lines) + b"\n" == redact_bytes(redactor, data)


def test_only_the_first_of_each_rule_are_told_unless_all_are_wanted(explained):
    data = b"from 203.0.113.9 to 203.0.113.8\n" * EXPLAINED_OF_EACH_RULE + b"password=hunter2x\n"
    told, explainer = explained(data)
    assert len(told) == EXPLAINED_OF_EACH_RULE + 1
    assert explainer.not_told == EXPLAINED_OF_EACH_RULE
    told, explainer = explained(data, limit=None)
    assert len(told) == 2 * EXPLAINED_OF_EACH_RULE + 1
    assert explainer.not_told == 0


def test_a_long_value_is_cut(explained):
    [decision], _ = explained(b"password=" + b"Ab1x" * 500 + b"\n")
    assert len(decision.old) < 500
    assert decision.old.endswith(b"...")
