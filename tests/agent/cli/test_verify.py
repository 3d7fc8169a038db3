"""``sendlogs verify``"""


def test_a_sound_bundle_is_said_to_be(run, packed):
    file = packed({"logs/a.log": b"a line\n"})
    ended = run("verify", str(file), "--json")
    assert (ended.code, ended.events[-1]["event"]) == (0, "verified")
    assert ended.events[-1]["members"] >= 3
    assert run("verify", str(file)).out.startswith("Sound: bundle ")


def test_a_bundle_that_was_changed_is_not(run, packed):
    file = packed({"logs/a.log": b"a line\n"})
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    ended = run("verify", str(file), "--json")
    assert ended.code == 11
    assert ended.events[0]["event"] == "fault"


def test_a_bundle_with_a_secret_is_told_by_member_and_rule_never_by_value(run, packed):
    key = "AKIAIOSFODNN7EXAMPLQ"
    file = packed({"logs/a.log": f"aws_access_key_id = {key}\n".encode()})
    ended = run("verify", str(file))
    assert ended.code == 11
    assert "logs/a.log holds what must not leave" in ended.out
    assert key not in ended.out + ended.err


def test_what_is_no_file_is_refused(run, tmp_path):
    assert run("verify", str(tmp_path)).code == 2
