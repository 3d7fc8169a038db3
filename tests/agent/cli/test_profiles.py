"""``sendlogs profiles``"""


def test_the_built_in_profiles_are_told(run):
    ended = run("profiles", "--json")
    names = [event["name"] for event in ended.events]
    assert ended.code == 0
    assert {"crashplan-proe", "nginx", "postgresql", "sendlogs", "system"} <= set(names)
    assert all(event["collectors"] for event in ended.events if "linux" in event["platforms"])
    assert run("profiles").out.splitlines()[0].startswith(names[0])


def test_one_of_the_persons_own_is_told_with_its_file(run, machine):
    file = machine / "config" / "profiles" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("product: Mine\ntitle: My program\ncollectors: {operating_system: {}}\n")
    (told,) = [event for event in run("profiles", "--json").events if event["name"] == "mine"]
    assert (told["title"], told["file"]) == ("My program", str(file))


def test_a_folder_that_is_not_there_is_named(run, machine, monkeypatch):
    monkeypatch.setenv("SENDLOGS_PROFILE_FOLDERS", str(machine / "away"))
    ended = run("profiles")
    assert (ended.code, f"{machine / 'away'}: this folder of profiles" in ended.err) == (3, True)
    assert "nginx" in ended.out


def test_one_that_asks_for_an_option_that_does_not_exist_cannot_be_used(run, machine):
    file = machine / "config" / "profiles" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("product: Mine\ntitle: My program\ncollectors: {application_logs: {glob: [/x]}}\n")
    ended = run("profiles")
    assert (ended.code, "has no option 'glob'. Its options are: " in ended.err) == (3, True)


def test_one_that_cannot_be_used_hides_none_of_the_others(run, machine):
    file = machine / "config" / "profiles" / "broken.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("product: [\n")
    ended = run("profiles", "--json")
    assert ended.code == 3
    assert [event["name"] for event in ended.events if event["event"] == "broken_profile"] == ["broken"]
    assert "nginx" in [event["name"] for event in ended.events]
    assert str(file) in run("profiles").err
