"""Every variable's name is told; values only of harmless ones; secrets never, whatever a profile says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.environment import COLLECTOR, _shown

PATH = "environment/variables.txt"


@pytest.fixture
def shown(machine, gather):
    """The lines for an environment under the default options, or those given."""

    def lines(environment, **options):
        context = machine(collector=COLLECTOR, environment=environment, options=options)
        return gather(COLLECTOR, context).texts[PATH].splitlines()

    return lines


def test_names_are_all_told_and_values_of_harmless_ones_alone(shown):
    lines = shown({"LANG": "de_DE.UTF-8", "LC_TIME": "C", "DATABASE_URL": "postgres://ada:pass@db/x"})
    assert {"LANG=de_DE.UTF-8", "LC_TIME=C", "DATABASE_URL=(not shown)", "HOME=(not shown)"} <= set(lines)
    assert lines == sorted(lines)


@pytest.mark.parametrize("name", ["LC_TOKEN", "API_KEY", "my_secret", "PGPASSWORD", "OLDPWD", "XAUTHORITY"])
def test_a_variable_named_like_a_secret_stays_hidden_even_when_allowed(shown, name):
    assert f"{name}=(not shown)" in shown({name: "hunter2"}, allow=["*"])


def test_case_does_not_matter_as_on_windows(shown):
    assert "Path=C:\\Windows" in shown({"Path": "C:\\Windows"})


def test_a_value_with_line_ends_stays_on_its_line(shown):
    assert "TERM=a\\nTZ=b" in shown({"TERM": "a\nTZ=b"})


@given(
    st.text(), st.text(st.characters(exclude_characters="\r\n")), st.sampled_from(["TOKEN", "key", "Secret", "PASS"])
)
def test_no_name_with_a_word_for_a_secret_ever_shows_its_value(before, value, word):
    assert _shown(before + word, value, ["*"]) == "(not shown)"
