"""What stands in a secret's place is told from a secret by how it is written."""

import pytest

from agent.gate.stand_ins import behind_tag, is_code, is_stand_in


@pytest.mark.parametrize(
    "value",
    [b"[redacted:x]", b"user-abcdefgh", b"ip-k4v2x2mq", b"ip-private-k4v2x2mq", b"****", b"<x>", b"${X}", b"", b"null"],
)
def test_masks_pseudonyms_and_placeholders_are_stand_ins(value):
    assert is_stand_in(value)


@pytest.mark.parametrize(
    "value", [b"#{db_pw1}", b"@{pw1}", b"__DB_PW1__", b"@@DB_PW1@@", b"@DB_PW1@", b"!DB_PW1!", b"%PW1%"]
)
def test_what_a_template_fills_in_is_a_stand_in(value):
    assert is_stand_in(value)


@pytest.mark.parametrize(
    "value", [b"hunter2", b"user-ABC", b"user-abcdefghijk", b"$2y$10$abcdefgh", b"x*x", b"@dm1n@", b"__x1", b"#hash1"]
)
def test_values_are_no_stand_ins(value):
    assert not is_stand_in(value)


@pytest.mark.parametrize(
    "value",
    [
        b"0x7ffdeadbeef0",
        b"0x00000001006041f0",
        b"sha256",
        b"scram-sha-256",
        b"pbkdf2_sha256",
        b"utf8mb4",
        b"String!",
        b"string!;",
        b"UITextField!",
        b"uint8_t*",
        b"varchar2",
        b"Changed!",
        b"required!",
        b"mismatch!",
        b"process.env.DB_PASSWORD1!",
        b"self.login1.password?.utf8",
        b"view.text1!!.value",
        b":password1",
        b"vault:secret/data/app1#password2",
    ],
)
def test_types_algorithms_pointers_and_ways_to_a_value_are_code(value):
    assert is_code(value)


@pytest.mark.parametrize(
    "value",
    [
        b"0x" + b"4f3c2b1a" * 8,  # too long for an address
        b"Hunter!",
        b"hunter2!",
        b"Spring!",
        b"sha256-x9klmn",
        b"String12!",
        b"Test123!",
        b"Admin@123",
        b"aesop77",
        b":x9klmn",
    ],
)
def test_what_could_be_a_password_is_no_code(value):
    assert not is_code(value)


@pytest.mark.parametrize(
    ("value", "after"),
    [(b"!vault", b" |\n"), (b"!secret", b"\n"), (b"!GetAtt Foo.Bar1", b"\n"), (b"!Ref DbPw1x", b""), (b"!Own", b" [a")],
)
def test_behind_the_tag_of_a_reference_nothing_is_judged(value, after):
    assert behind_tag(value, after) == b""


@pytest.mark.parametrize(
    ("value", "judged"),
    [
        (b"!!str hunter2", b"hunter2"),
        (b'!unsafe "hunter2', b'"hunter2'),
        (b"!Sub 'x9klmn", b"'x9klmn"),
        (b"!own hunter2", b"hunter2"),
        (b"!hunter said", b"!hunter"),
        (b"!hunter2", b"!hunter2"),
        (b"hunter2", b"hunter2"),
    ],
)
def test_behind_any_other_tag_stands_the_value(value, judged):
    assert behind_tag(value, b"\n") == judged
