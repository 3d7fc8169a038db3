import tomllib

import pytest


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('password = """\none\ntwo"""\nb = 1\n', 'password = """\n#\n#"""\nb = 1\n'),
        (
            "secrets = [\n 'a1', # c\n {x = 1234567, y = \"q\"},\n]\n",
            'secrets = [\n \'#\', # c\n {x = "#", y = "#"},\n]\n',
        ),
        ('[tokens]\ngithub = "x1"\nn = 5\n', '[tokens]\ngithub = "#"\nn = 5\n'),
        ('api.key = "Abc123"\n"auth token" = \'x\\1\'\n', 'api.key = "#"\n"auth token" = \'#\'\n'),
        (
            '[[a.b]]\nuser = "jsmith"\n[c]\nd = 1979-05-27 07:32:00\n',
            '[[a.b]]\nuser = "user-…"\n[c]\nd = 1979-05-27 07:32:00\n',
        ),
        ("password = '''x\"1''''\n", "password = '''#'''\n"),
        ('password = ["x1"\n', 'password = ["x1"\n'),
        ('password = "x1" y\n', 'password = "x1" y\n'),
        ("password\n", "password\n"),
    ],
)
def test_values_are_masked_in_their_places(by_format, text, left):
    assert by_format("toml", text) == left


def test_what_is_left_can_be_read():
    """The cases above that are documents, so that they test what they seem to."""
    assert tomllib.loads('secrets = [\n "#", # c\n {x = "#"},\n]\n') == {"secrets": ["#", {"x": "#"}]}
