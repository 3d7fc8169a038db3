"""The corpus is what it says: the same on every run, labelled truly, in forms that parsers read, scored strictly."""

import csv
import dataclasses
import json
import tomllib
import xml.etree.ElementTree as ET
from collections import Counter

import pytest
import yaml

from tests.corpus.contexts import all_contexts, fitting
from tests.corpus.corpus import ROWS, read_labels, rows, write
from tests.corpus.file_encodings import ENCODINGS, from_bytes
from tests.corpus.kinds import all_kinds
from tests.corpus.score import is_good, score, score_folder
from tests.corpus.templates import filled

SEED = 7
WHOLE = {
    "json-compact": json.loads,
    "json-pretty": json.loads,
    "json-message": json.loads,
    "docker-log": json.loads,
    "journal-json": json.loads,
    "yaml": yaml.safe_load,
    "kubernetes-env": yaml.safe_load,
    "toml": tomllib.loads,
    "xml-element": ET.fromstring,
    "xml-attribute": ET.fromstring,
    "xml-message": ET.fromstring,
}


@pytest.fixture(scope="module")
def sample():
    return list(rows(SEED, 3000))


def test_a_seed_makes_the_same_rows_and_fewer_are_the_first_of_more(sample):
    assert list(rows(SEED, 200)) == sample[:200]
    assert list(rows(SEED + 1, 200)) != sample[:200]


def test_what_a_row_is_about_stands_in_its_text_and_in_its_file(sample):
    for row in sample:
        assert row.marked
        for part in row.marked:
            assert part.strip()
            assert part in row.text
            assert part in from_bytes(row.data)


def test_it_is_as_broad_as_it_is_meant_to_be(sample):
    of_family = Counter(kind.family for kind in all_kinds())
    assert of_family["secret"] + of_family["personal"] >= 200
    assert of_family["clean"] >= 25
    assert len(all_contexts()) >= 60
    assert {row.kind for row in sample} == {kind.name for kind in all_kinds()}
    assert {row.context for row in sample} == {context.name for context in all_contexts()}
    assert {row.encoding for row in sample} == set(ENCODINGS)
    assert len(ENCODINGS) == 6


def test_names_are_given_once():
    for names in ([kind.name for kind in all_kinds()], [context.name for context in all_contexts()]):
        assert [name for name, times in Counter(names).items() if times > 1] == []


def test_detectors_every_kind_fits_somewhere_and_says_only_what_there_is():
    contexts = {context.name for context in all_contexts()}
    for kind in all_kinds():
        assert fitting(kind), kind.name
        assert kind.only <= contexts, kind.name


@pytest.mark.parametrize("context", WHOLE)
def test_a_format_is_one_that_its_parser_reads(context, sample):
    texts = [row.text for row in sample if row.context == context and row.encoding != "json-in-json"]
    assert texts
    for text in texts:
        assert WHOLE[context](text) is not None


def test_each_line_of_a_table_has_a_cell_for_each_heading(sample):
    tables = [row for row in sample if row.context in ("csv", "csv-message") and row.encoding != "json-in-json"]
    assert tables
    for row in tables:
        head, cells = csv.reader(row.text.splitlines(), strict=True)
        assert len(head) == len(cells), row.text


def test_a_template_with_an_unknown_name_is_a_mistake():
    with pytest.raises(KeyError):
        filled(None, "{nobody}")


def test_labels_are_read_as_they_were_written(sample, tmp_path):
    write(sample[:40], tmp_path)
    assert read_labels(tmp_path) == sample[:40]
    assert (tmp_path / ROWS / sample[3].name).read_bytes() == sample[3].data


def percents(result):
    return {family: share.percent for family, share in result.by_family.items()}


def test_the_score_of_nothing_done_and_of_everything_done(sample):
    assert percents(score(sample, lambda row: row.data)) == {"secret": 0, "personal": 0, "clean": 100}
    assert percents(score(sample, lambda row: None)) == {"secret": 100, "personal": 100, "clean": 0}
    assert percents(score(sample, lambda row: masked(row).encode())) == {"secret": 100, "personal": 100, "clean": 0}


def masked(row):
    for part in row.marked:
        row = dataclasses.replace(row, text=row.text.replace(part, "#"))
    return row.text


def test_a_folder_without_rows_has_no_score_and_one_that_lacks_some_has(sample, tmp_path):
    with pytest.raises(FileNotFoundError):
        score_folder(sample, tmp_path)
    (tmp_path / sample[0].name).write_bytes(sample[0].data)
    assert percents(score_folder(sample[:2], tmp_path)) == {"secret": 50}


@pytest.mark.parametrize(
    ("left", "good"), [("abcdefghij0123456789", False), ("abcdefgh", False), ("abcdefg", True), ("23456789", False)]
)
def test_a_piece_of_two_fifths_is_a_leak_and_less_is_not(left, good, sample):
    row = dataclasses.replace(sample[0], text="key abcdefghij0123456789 x", marked=("abcdefghij0123456789",))
    assert is_good(row, f"key {left}… x") is good


def test_a_piece_that_stands_elsewhere_in_the_row_is_none(sample):
    row = dataclasses.replace(sample[0], text="my_secret_token = my_secret_t0k", marked=("my_secret_t0k",))
    assert is_good(row, "my_secret_token = #")
    assert not is_good(row, "my_secret_token = ecret_t0k")
