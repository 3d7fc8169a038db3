"""``sendlogs config``"""

import dataclasses

import pytest

from config.settings import Settings


def write(machine, text):
    (machine / "config").mkdir()
    (machine / "config" / "agent.yaml").write_text(text)
    return machine / "config" / "agent.yaml"


def test_every_setting_is_told_with_its_origin(run, machine):
    file = write(machine, "since: 3d\n")
    told = {event["key"]: event for event in run("config", "show", "--json").events}
    assert list(told) == [field.name for field in dataclasses.fields(Settings)]
    assert (told["since"]["value"], told["since"]["origin"]) == ("3d", str(file))
    assert told["state_folder"]["origin"] == "environment variable SENDLOGS_STATE_FOLDER"
    assert f"since: 3d   # {file}" in run("config", "show", "--origin").out.splitlines()
    assert "since: 3d" in run("config", "show").out.splitlines()


def test_the_password_of_a_proxy_is_not_shown(run, machine):
    write(machine, "proxy: http://ada:hunter2@proxy.example:3128\n")
    for words in (["--json"], ["--origin"]):
        told = run("config", "show", *words).out
        assert "http://***@proxy.example:3128" in told
        assert "hunter2" not in told


def test_what_can_be_used_is_said_to_be_ok(run, machine):
    file = write(machine, "since: 3d\n")
    ended = run("config", "check")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == f"ok  {file}"
    assert [line.split()[0] for line in ended.out.splitlines()] == ["ok"] * 3


def test_what_cannot_be_used_is_named_with_file_line_and_key(run, machine):
    file = write(machine, "\nsinc: 3d\n")
    ended = run("config", "check")
    assert ended.code == 3
    assert f"{file}, line 2: sinc: there is no such setting; did you mean since?" in ended.err


@pytest.mark.parametrize("key", ["endpoint", "link_store"])
@pytest.mark.parametrize("address", ["desk:ftp://x", "desk:https://ada:pw@desk.example", "nowhere:x"])
def test_an_endpoint_that_no_address_is_is_named_with_file_and_key(run, machine, key, address):
    file = write(machine, f"{key}: {address}\n")
    ended = run("config", "check")
    assert (ended.code, f"{file}: {key}: " in ended.err) == (3, True)


def test_a_profile_that_is_not_here_is_a_warning(run, machine):
    file = write(machine, "remote_profiles: [sendlogs, nosuch]\nprofile: other\n")
    ended = run("config", "check", "--json")
    assert ended.code == 0
    assert [event["message"] for event in ended.events if event["event"] == "warning"] == [
        f"{file}: profile: no profile on this computer is called other",
        f"{file}: remote_profiles: no profile on this computer is called nosuch",
    ]


def test_a_profile_that_cannot_be_used_is_found_too(run, machine):
    folder = machine / "config" / "profiles"
    folder.mkdir(parents=True)
    (folder / "broken.yaml").write_text("produkt: x\n")
    ended = run("config", "check", "--json")
    assert ended.code == 3
    assert "broken.yaml" in ended.events[-1]["message"]


@pytest.mark.parametrize("key", ["redaction_folders", "profile_folders"])
def test_a_folder_that_a_setting_names_and_that_is_not_there_is_an_error(run, machine, key):
    write(machine, f"{key}: ['{machine / 'away'}']\n")
    ended = run("config", "check")
    assert (ended.code, f"{machine / 'away'}: " in ended.err, f"take it out of {key}" in ended.err) == (3, True, True)


def test_every_fault_of_the_profiles_is_told_at_once(run, machine):
    folder = machine / "config" / "profiles"
    folder.mkdir(parents=True)
    for name in ("one", "two"):
        (folder / f"{name}.yml").write_text("produkt: x\n")
    ended = run("config", "check")
    assert (ended.code, "one.yml" in ended.out, "two.yml" in ended.err) == (3, True, True)


UNUSABLE = """\
product: Mine
title: My program
collectors:
  aplication_logs: {globs: [/x]}
  application_logs: {glob: [/x]}
platforms:
  linux: {collectors: {crash_reports: {globs: ["x/*.log"]}}}
  win32: {collectors: {application_version: {commands: [{argv: [mine, -V], pattern: "(("}]}}}
"""


def test_what_a_profile_asks_of_the_collectors_in_vain_is_told_for_every_platform(run, machine):
    file = machine / "config" / "profiles" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(UNUSABLE)
    ended = run("config", "check")
    told = [line for line in (ended.out + ended.err).splitlines() if str(file) in line]
    for sentence in (
        "there is no collector 'aplication_logs'. Run 'sendlogs collectors'",
        "collectors.application_logs has no option 'glob'. Its options are: ",
        "collectors.crash_reports.globs[0] must be a whole path",
        "collectors.application_version.commands[0].pattern is no expression that RE2 takes",
    ):
        assert len([line for line in told if sentence in line]) == 1, sentence
    assert (ended.code, len(told)) == (3, 4)
    assert "there is no collector 'aplication_logs'." in run("plan", "--profile", "mine").err


def test_a_folder_without_rules_is_a_warning(run, machine):
    (machine / "share").mkdir()
    write(machine, f"redaction_folders: ['{machine / 'share'}']\n")
    ended = run("config", "check")
    assert (ended.code, f"warning  {machine / 'share'}: holds no redaction rules" in ended.out) == (0, True)


OWN_RULE = """\
family: acme
title: Keys of Acme's products
rules:
  - name: acme-key
    why: opens the customer's account
    source: Acme's handbook
    since: 1
    replace: mask
    trigger: '{trigger}'
    pattern: 'ACMEKEY-(?P<value>[0-9A-Z-]{{9,40}})'
    hits:
      - text: 'key ACMEKEY-7F3K-99QX'
        leaves: 'key ACMEKEY-[redacted:acme-key]'
    misses:
      - 'no key here'
"""


@pytest.mark.parametrize(
    ("trigger", "code", "told"), [("ACMEKEY-", 0, "1 rule of your own"), ("ZZZ", 3, "finds nothing")]
)
def test_the_examples_of_ones_own_rules_are_tried(trigger, code, told, run, machine):
    (machine / "config" / "redaction").mkdir(parents=True)
    name = "acme.yaml" if code else "other.yaml"
    (machine / "config" / "redaction" / name).write_text(OWN_RULE.format(trigger=trigger))
    ended = run("config", "check")
    assert (ended.code, told in ended.out + ended.err) == (code, True)
