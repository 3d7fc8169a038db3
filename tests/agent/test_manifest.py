"""The manifest says everything, keeps to its schema, and its schema is documented."""

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from agent import manifest
from agent.flow import NewTicket
from agent.gate.detectors import Detectors
from agent.redact import load_rules
from agent.replaced_lines import ReplacedLines
from collectors import Skipped
from config import places


@pytest.fixture
def said(bundle_plan):
    return manifest.head(bundle_plan, manifest.RulesetInfo(version=3, families=("a",)), {}, str)


def test_what_is_said_keeps_to_the_schema_and_comes_back(said, redacted_file):
    item = redacted_file("logs/a.log", b"a", counts={"b": 1, "a": 2}, truncated="only the end")
    text = manifest.as_text(said, [manifest.entry(item)], [Skipped(path="x", reason="y")], {"a": 2})
    document = json.loads(text)
    assert document["members"][0]["modified_at"] == "2026-11-20T12:00:00Z"
    assert document["members"][0]["replacements"] == {"a": 2, "b": 1}
    assert document["skipped"] == [{"path": "x", "reason": "y"}]
    assert document["request"]["ticket"] == {"number": "17"}
    assert document["plan"]["steps"][0]["limits"] == {"time_seconds": 20.0, "size_bytes": 64 * 2**20}


def test_the_lines_of_each_rule_are_listed_and_come_back(said, redacted_file):
    lines = {"ipv4": ReplacedLines.of([3, 4, 5, 9], 7), "secret-bare": ReplacedLines.of([1])}
    plain = redacted_file("logs/b.log", b"b")
    item = replace(redacted_file("logs/a.log", b"a", counts={"ipv4": 11, "secret-bare": 1}), lines=lines)
    [first, second] = json.loads(manifest.as_text(said, manifest.entries([item, plain]), [], {}))["members"]
    assert first["replaced_lines"]["ipv4"] == {"lines": "3-5,9", "more": 7}
    assert manifest.lines_of(first) == lines
    assert "replaced_lines" not in second
    assert manifest.lines_of(second) == {}


def test_lists_of_lines_end_where_there_is_no_room_for_more(redacted_file):
    lines = {f"rule-{number}": ReplacedLines.of(range(10**7, 10**7 + 100, 2)) for number in range(100)}
    item = replace(redacted_file("logs/a.log", b"a"), lines=lines)
    made = manifest.entries([item] * 200)
    listed = [entry for entry in made if "replaced_lines" in entry]
    assert 0 < len(listed) < len(made) == 200
    assert listed == made[: len(listed)]
    assert len(json.dumps(listed, indent=2)) < 5 * 2**20


def test_lines_that_no_list_of_ours_has_are_not_taken():
    entry = {"replaced_lines": {"a": {"lines": "1-999999999999", "more": 0}, "b": {"lines": "2", "more": 0}}}
    assert list(manifest.lines_of(entry)) == ["b"]


def test_a_manifest_that_breaks_the_schema_is_our_mistake_and_raised(said):
    with pytest.raises(AssertionError, match="bundle_id"):
        manifest.as_text({**said, "bundle_id": "no uuid"}, [], [], {})


def test_names_that_are_no_text_do_not_break_it(said):
    text = manifest.as_text(said, [], [Skipped(path="logs/\udcff.log", reason="x")], {})
    assert json.loads(text)["skipped"][0]["path"] == "logs/?.log"


def test_the_subject_of_a_new_ticket_passes_redaction(bundle_plan):
    import dataclasses

    request = dataclasses.replace(bundle_plan.request, ticket=NewTicket(subject="of jo"))
    plan = dataclasses.replace(bundle_plan, request=request)
    said = manifest.head(plan, manifest.RulesetInfo(version=1, families=()), {}, lambda text: text.replace("jo", "x"))
    assert said["request"]["ticket"] == {"subject": "of x"}


def test_problems_name_places_and_no_content(said):
    document = json.loads(manifest.as_text(said, [], [], {}))
    document["request"]["severity"] = "s3cret"
    assert manifest.problems(document) == ["request.severity: breaks 'type' of the schema"]
    assert manifest.problems([]) == ["the manifest: breaks 'type' of the schema"]


def test_the_schema_is_one_and_every_key_says_what_it_means():
    schema = json.loads(places.data("schemas", "manifest.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)

    def undescribed(node, path="manifest"):
        for key, entry in node.get("properties", {}).items():
            if not (entry.get("description") and "examples" in entry):
                yield f"{path}.{key}"
            yield from undescribed(entry, f"{path}.{key}")
            yield from undescribed(entry.get("items", {}), f"{path}.{key}")

    assert list(undescribed(schema)) == []


def test_the_gate_takes_no_list_of_lines_for_a_secret(said, redacted_file):
    """A rule may be named like what it finds: "password", "token", and the gate looks at what stands behind that."""
    names = ["password", "token", "api-key", *(rule.name for rule in load_rules().rules)]
    lines = {name: ReplacedLines.of(range(1000, 2000, 7), 12) for name in names}
    item = replace(redacted_file("logs/a.log", b"a", counts=dict.fromkeys(names, 123_456)), lines=lines)
    text = manifest.as_text(said, manifest.entries([item]), [], item.counts)
    assert list(Detectors().finds(text.encode())) == []
