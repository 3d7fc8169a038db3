from agent.redact import structure


def test_what_others_need_is_here():
    assert {"ByKey", "DocumentStage", "Embedded"} == set(structure.__all__)
