"""A plan holds all that later stages need, and refuses a profile that cannot be carried out."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from agent.errors import ConfigError
from agent.flow import ExistingTicket, Front, Request
from agent.plan import ITEM_TITLES, make_plan
from collectors import RequestItem
from config.profiles import Profile
from config.settings import load

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
GUID = "3f2b8a52-5f7e-4c3b-9c55-2f1f4f0f7c11"


@pytest.fixture
def settings(tmp_path):
    folders = {name: str(tmp_path / name) for name in ("STATE", "CONFIG", "SYSTEM")}
    return load({f"SENDLOGS_{name}_FOLDER": folder for name, folder in folders.items()}).settings


@pytest.fixture
def profile():
    return Profile(
        name="example",
        product="Example",
        title="Example server",
        supported_majors=(9, 8),
        cloud=None,
        keep_hosts=("central.example",),
        unconfirmed=(),
        collectors={
            "application_logs": {"globs": ["/var/log/example/*.log"]},
            "application_version": {"commands": [{"argv": ["example", "--version"], "pattern": "([0-9.]+)"}]},
            "computer_id": {"files": [{"file": "/var/lib/example/.identity", "pattern": "guid=(.*)"}]},
            "operating_system": {},
        },
        platforms=("linux",),
        file="example.yaml",
    )


@pytest.fixture
def request_for_support():
    return Request(
        front=Front.CLI,
        profile="example",
        ticket=ExistingTicket(number="17"),
        requested_by="jo",
        asked_at=NOW,
        since_seconds=3600,
    )


def plan_of(request, profile, settings, **others):
    return make_plan(request, profile, settings, platform="linux", computer_id=GUID, now=NOW, **others)


def test_the_nine_items_stand_in_supports_order_each_with_a_source(request_for_support, profile, settings):
    """Every item is there, and none is without a word on where it would come from."""
    plan = plan_of(request_for_support, profile, settings)
    assert [answer.item for answer in plan.answers] == list(RequestItem)
    assert set(ITEM_TITLES) == set(RequestItem)
    assert all(answer.source for answer in plan.answers)
    by_item = {answer.item: answer for answer in plan.answers}
    assert by_item[RequestItem.PRODUCT].value == "Example"
    assert "/var/log/example/*.log" in by_item[RequestItem.LOGS].source
    assert "example --version" in by_item[RequestItem.VERSION].source
    assert "/var/lib/example/.identity" in by_item[RequestItem.COMPUTER_ID].source
    assert GUID in by_item[RequestItem.COMPUTER_ID].source


def test_what_the_person_says_beats_the_profile(request_for_support, profile, settings):
    """``--cloud no`` wins over a profile that says yes."""
    said = dataclasses.replace(request_for_support, cloud=False, account="jo@example.com")
    plan = plan_of(said, dataclasses.replace(profile, cloud=True), settings)
    values = {answer.item: answer.value for answer in plan.answers}
    assert values[RequestItem.CLOUD] == "no"
    assert values[RequestItem.ACCOUNT] == "jo@example.com"


def test_since_becomes_a_moment(request_for_support, profile, settings):
    """Stages below compare times; they do not count back."""
    assert plan_of(request_for_support, profile, settings).not_before == NOW - timedelta(hours=1)


def test_the_tighter_of_two_size_limits_counts(request_for_support, profile, settings):
    """The endpoint's limit and the setting's: the archive must keep both."""
    assert plan_of(request_for_support, profile, settings).limit_bytes == settings.limit_bytes
    assert plan_of(request_for_support, profile, settings, endpoint_limit_bytes=1000).limit_bytes == 1000
    asked = dataclasses.replace(request_for_support, limit_bytes=900, pack="small")
    assert plan_of(asked, profile, settings).pack == "small"
    assert plan_of(asked, profile, settings, endpoint_limit_bytes=1000).limit_bytes == 900
    asked = dataclasses.replace(request_for_support, limit_bytes=settings.limit_bytes + 1)
    assert plan_of(asked, profile, settings).limit_bytes == settings.limit_bytes


@pytest.mark.parametrize(
    ("asked", "file_bytes", "takes", "sizes"),
    [
        (None, 10**6, True, (10**6, 10**6, 20 * 10**6)),  # in one file if that can be, else at most twenty
        (3 * 10**6, 10**6, True, (3 * 10**6, 10**6, 3 * 10**6)),  # who asks for more than a file gets volumes
        (10**6, 10**6, True, (10**6, None, None)),
        (900, 10**6, True, (900, None, None)),
        (10**9, 2 * 10**6, True, (40 * 10**6, 2 * 10**6, 40 * 10**6)),
        (3 * 10**6, 10**6, False, (10**6, None, None)),  # who takes one file alone sets the limit
        (3 * 10**6, None, True, (3 * 10**6, None, None)),
    ],
)
def test_a_bundle_goes_in_volumes_only_where_that_is_asked_for_or_needed(
    request_for_support, profile, settings, asked, file_bytes, takes, sizes
):
    request = dataclasses.replace(request_for_support, limit_bytes=asked)
    plan = plan_of(request, profile, settings, endpoint_limit_bytes=file_bytes, takes_volumes=takes)
    assert (plan.limit_bytes, plan.volume_bytes, plan.volumes_bytes) == sizes


def test_log_folders_add_the_collector_that_reads_them(request_for_support, profile, settings, tmp_path):
    """``--logs`` works with a profile that names no logs at all."""
    bare = dataclasses.replace(profile, collectors={"operating_system": {}})
    plan = plan_of(dataclasses.replace(request_for_support, log_folders=(tmp_path,)), bare, settings)
    step = next(step for step in plan.steps if step.collector == "application_logs")
    assert step.options["folders"] == [str(tmp_path)]


def test_an_unknown_collector_is_refused_by_its_file(request_for_support, profile, settings):
    """The message names the file and the collector as written."""
    wrong = dataclasses.replace(profile, collectors={"aplication_logs": {}})
    with pytest.raises(ConfigError, match=r"example\.yaml.*'aplication_logs'"):
        plan_of(request_for_support, wrong, settings)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"glob": ["/x"]}, "no option 'glob'"),
        ({"globs": "/x"}, "globs must be"),
        ({"globs": [1]}, "globs must be"),
        ({"globs": ["x/*.log"]}, r"globs\[0\] must be a whole path"),
    ],
)
def test_a_wrong_option_is_refused_by_its_key(request_for_support, profile, settings, options, named):
    """A typo or a wrong type in a profile is a sentence, not a crash in a collector."""
    wrong = dataclasses.replace(profile, collectors={"application_logs": options})
    with pytest.raises(ConfigError, match=named):
        plan_of(request_for_support, wrong, settings)


def test_every_option_is_filled_in(request_for_support, profile, settings):
    """A collector finds each option it declared, set or by default."""
    import collectors

    declared = collectors.installed()
    for step in plan_of(request_for_support, profile, settings).steps:
        assert set(step.options) == {option.name for option in declared[step.collector].options}
