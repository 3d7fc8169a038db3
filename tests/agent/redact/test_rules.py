import pytest

from agent.redact import load_rules
from config import ConfigurationProblem

RULE = """
family: {family}
title: Words of this house
rules:
  - name: {name}
    why: it opens the house
    source: our handbook
    since: 7
    replace: mask
    trigger: 'HOUSE-'
    pattern: '{pattern}'
    hits:
      - text: 'HOUSE-1234'
        leaves: '[redacted:{name}]'
    misses: ['HOUSE']
"""


@pytest.fixture
def write(tmp_path):
    def write(file="house.yaml", family="house", name="house-key", pattern=r"HOUSE-\d+", more=""):
        (tmp_path / file).write_text(RULE.format(family=family, name=name, pattern=pattern) + more)
        return tmp_path

    return write


def test_a_folder_adds_families_and_raises_the_version(write):
    rules = load_rules([write()])
    assert "house" in rules.families
    assert "tokens" in rules.families
    assert rules.version == 7


def test_a_file_of_the_same_name_adds_and_takes_nothing_away(write):
    rules = load_rules([write(file="tokens.yaml", family="tokens")])
    names = [rule.name for rule in rules.rules if rule.family == "tokens"]
    assert names[-1] == "house-key"
    assert {rule.name for rule in load_rules().rules} < {rule.name for rule in rules.rules}


def test_words_added_to_a_class_leave_alone_what_follows_its_names(write):
    own = load_rules().names.classes["secret"].follows
    more = "names: {secret: {ends: [house word]}}\n"
    assert load_rules([write(more=more)]).names.classes["secret"].follows == own


def test_a_name_given_twice_is_refused_with_both_places(write):
    with pytest.raises(ConfigurationProblem, match="mail: in personal and again in house"):
        load_rules([write(name="mail")])


def test_an_expression_may_be_laid_out_over_lines(write):
    folder = write()
    file = folder / "house.yaml"
    laid_out = "pattern: |-\n      HOUSE(?:\n        -|\n        [ ]key[ ]\n      )\\d+"
    file.write_text(file.read_text().replace(r"pattern: 'HOUSE-\d+'", laid_out))
    rule = next(rule for rule in load_rules([folder]).rules if rule.name == "house-key")
    assert rule.pattern.search(b"the HOUSE key 7")[0] == b"HOUSE key 7"


def test_an_unknown_key_names_the_file(write):
    with pytest.raises(ConfigurationProblem, match=r"house\.yaml.*unexpected"):
        load_rules([write(more="unknown: 1\n")])


def test_a_fragment_that_is_not_defined_is_named(write):
    with pytest.raises(ConfigurationProblem, match="NOWHERE"):
        load_rules([write(pattern="%{{NOWHERE}}x".replace("{{", "{").replace("}}", "}"))])


def test_what_is_no_yaml_is_refused(tmp_path):
    (tmp_path / "broken.yaml").write_text("family: [")
    with pytest.raises(ConfigurationProblem, match="is not YAML"):
        load_rules([tmp_path])


@pytest.mark.parametrize("name", ["nowhere", "a-file"])
def test_a_folder_that_cannot_be_read_is_named_with_what_to_do(tmp_path, name):
    """Else the rules of a share that is not mounted would drop out, and what they find would leave."""
    (tmp_path / "a-file").write_text("")
    with pytest.raises(ConfigurationProblem, match=rf"{name}: .*cannot be read.*take it out of redaction_folders"):
        load_rules([tmp_path / name])


@pytest.mark.parametrize("file", ["house.yml", "HOUSE.YAML"])
def test_a_file_counts_with_either_ending_of_yaml(write, file):
    assert "house" in load_rules([write(file=file)]).families


def test_a_second_rule_that_is_looked_for_near_its_trigger_is_refused(write, tmp_path):
    file = write() / "house.yaml"
    file.write_text(file.read_text().replace("    replace: mask\n", "    replace: mask\n    near_bytes: 8\n"))
    with pytest.raises(ConfigurationProblem, match="house-key: near_bytes: only ipv4"):
        load_rules([tmp_path])
