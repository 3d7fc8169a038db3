"""What a profile asks of the collectors in vain is told by file, collector and option."""

import pytest

import collectors
from agent import profile_faults
from config import profiles
from config.profiles import Profile


def faults(**asked):
    profile = Profile(
        name="mine",
        product="Mine",
        title="My program",
        supported_majors=None,
        cloud=None,
        keep_hosts=(),
        unconfirmed=(),
        collectors=asked,
        platforms=("linux",),
        file="mine.yaml",
    )
    return list(profile_faults.faults(profile, "linux"))


@pytest.mark.parametrize("platform", sorted(collectors.ALL_PLATFORMS))
def test_no_profile_that_ships_has_any(platform):
    for name in profiles.available():
        assert list(profile_faults.faults(profiles.load(name, platform), platform)) == []


def test_each_names_the_place_and_what_to_do():
    one, two, three = faults(aplication_logs={}, application_logs={"glob": ["/x"], "globs": ["x"]})
    assert (str(one), one.advice.startswith("Run ")) == ("mine.yaml: there is no collector 'aplication_logs'.", True)
    assert str(two) == "mine.yaml: collectors.application_logs has no option 'glob'."
    assert two.advice.startswith("Its options are: databases, ")
    assert str(three).startswith("mine.yaml: collectors.application_logs.globs[0] must be a whole path")
    assert three.advice == "That is: where the logs are: absolute globs, with ** and $NAME."


def test_what_a_profile_may_ask_is_no_fault():
    assert faults(operating_system={}, application_logs={"globs": ["~/x/*.log"], "max_files": 7}) == []
