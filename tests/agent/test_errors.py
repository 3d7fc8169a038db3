"""The tree of errors: what it says of itself, and what each tells a person."""

import inspect
import re

import pytest

from agent import errors

CLASSES = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    """Each class stands there once, below its parent, with its exit code."""
    # The drawing is indented by four characters, and so is each of its floors.
    drawn = re.findall(r"(?m)^ {4}([│ ]*[├└]── )(\w+) +.*?exit (\d+)$", inspect.getdoc(errors) or "")
    parents = {0: "AgentError"}
    told = {}
    for branch, name, code in drawn:
        depth = len(branch) // 4
        parents[depth] = name
        told[name] = (parents[depth - 1], int(code))
    assert told == {
        each.__name__: (each.__base__.__name__, each.exit_code) for each in CLASSES if each is not errors.AgentError
    }


def test_exit_codes_are_unique() -> None:
    """A script can tell every outcome from every other, those that are not errors included."""
    codes = [each.exit_code for each in CLASSES]
    codes += [errors.EXIT_OK, errors.EXIT_QUEUED, errors.EXIT_DECLINED, errors.EXIT_INTERRUPTED]
    assert len(set(codes)) == len(codes)


def test_advice_of_the_moment_goes_before_advice_of_the_class() -> None:
    assert "--new" in errors.UnknownTicket("There is no ticket 7.").advice
    assert errors.UnknownTicket("There is no ticket 7.", advice="Ask Ada.").advice == "Ask Ada."


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_the_message_is_what_the_person_reads(error: type[errors.AgentError]) -> None:
    assert str(error("The disk is full.")) == "The disk is full."
    assert inspect.getdoc(error)
