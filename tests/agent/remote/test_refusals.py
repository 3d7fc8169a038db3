"""Each refusal has a name that the desk can keep."""

from agent.remote.refusals import Reason, Refused


def test_a_refusal_has_a_reason_for_programs_and_a_sentence_for_people() -> None:
    refused = Refused(Reason.NOT_YET, "It is not valid yet.")
    assert (refused.reason, refused.sentence, str(refused)) == ("not-yet", "It is not valid yet.", refused.sentence)


def test_names_are_short_words() -> None:
    assert all(reason.replace("-", "").isalpha() and reason.islower() and len(reason) <= 24 for reason in Reason)
