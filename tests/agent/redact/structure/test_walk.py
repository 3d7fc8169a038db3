import pytest

from agent.redact.structure.walk import DEPTH_LIMIT, NotStructured, Walk


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"api": {"key": "Abc123"}}', '{"api": {"key": "#"}}'),
        ('{"tokens": [{"a": ["x1"]}, 12345678]}', '{"tokens": [{"a": ["#"]}, "#"]}'),
        ('{"hosts": ["web01", "db-02"]}', '{"hosts": ["host-…", "host-…"]}'),
        ('{"user": {"name": "jsmith"}}', '{"user": {"name": "user-…"}}'),
        ('{"name": "DB_PASSWORD", "value": "x1"}', '{"name": "DB_PASSWORD", "value": "#"}'),
        ('{"value": {"a": ["x1"]}, "key": "client_secret"}', '{"value": {"a": ["#"]}, "key": "client_secret"}'),
        ('{"value": {"value": "x1"}, "name": "token"}', '{"value": {"value": "#"}, "name": "token"}'),
        ('{"name": "port", "value": "x1"}', '{"name": "port", "value": "x1"}'),
        ('{"a": {"password": "x1"}, "b": "y1"}', '{"a": {"password": "#"}, "b": "y1"}'),
        ('{"credentials": {"username": "jsmith"}}', '{"credentials": {"username": "user-…"}}'),
    ],
)
def test_keys_tell_of_what_is_below_and_beside_them(by_format, text, left):
    assert by_format("json", text) == left


def test_collections_are_not_nested_without_end(by_key):
    walk = Walk(by_key)
    for _ in range(DEPTH_LIMIT):
        walk.begin(mapping=True)
    with pytest.raises(NotStructured):
        walk.begin(mapping=False)


def test_of_many_pairs_in_one_collection_each_value_is_that_of_the_first_name_that_tells(by_format):
    """Each with each took minutes for some thousands."""
    many = 20_000
    text = '{"name": "port", ' + ", ".join(['"name": "DB_PASSWORD", "value": "x1"'] * many) + "}"
    assert by_format("json", text).count('"value": "#"') == many
