import pytest

from agent.redact.checks.verhoeff import passes_verhoeff


def test_verhoeff_by_the_example_of_its_author():
    assert passes_verhoeff([2, 3, 6, 3])
    assert not passes_verhoeff([2, 3, 6, 4])
    assert not passes_verhoeff([2, 6, 3, 3])


@pytest.mark.parametrize(
    ("value", "stands"),
    [
        (b"2341 2341 2346", True),
        (b"234123412346", True),
        (b"234123412347", False),
        (b"100000000002", False),
    ],
)
def test_an_aadhaar_has_its_check_digit(check, value, stands):
    assert check("aadhaar", value) is stands
