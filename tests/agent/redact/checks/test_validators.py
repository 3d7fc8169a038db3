from agent.redact.checks.validators import VALIDATORS


def test_every_name_in_the_table_is_a_function():
    assert all(callable(validator) for validator in VALIDATORS.values())
