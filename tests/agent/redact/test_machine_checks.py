import pytest


@pytest.mark.parametrize(
    ("before", "value", "is_address"),
    [
        (b"from ", b"10.0.0.5", True),
        (b"host/", b"10.0.0.5", True),
        (b"http://", b"10.0.0.5", True),
        (b"version ", b"1.2.3.4", False),
        (b"version: ", b"10.0.0.1", False),
        (b"v", b"1.2.3.4", False),
        (b"nginx/", b"1.2.3.4", False),
        (b"libx-", b"1.2.3.4", False),
        (b"at ", b"127.0.0.1", False),
        (b"on ", b"0.0.0.0", False),
        (b"at ", b"300.1.1.1", False),
        (b"mask ", b"255.255.255.0", False),
    ],
)
def test_an_address_is_no_version_mask_or_loopback(check, before, value, is_address):
    assert check("address", value, before) is is_address


def test_the_second_address_of_a_range_is_one(check):
    assert check("address", b"10.0.0.9", b"pool 10.0.0.1-") is True
    assert check("address", b"10.0.0.9", b"libx 2-") is False


@pytest.mark.parametrize(
    ("value", "is_mac"),
    [
        (b"b8:a5:f8:b0:c5:72", True),
        (b"0:a5:f8:b:c5:72", True),
        (b"005079-6668ab", True),
        (b"0050-7966-68ab", True),
        (b"1:2:3:4:5:6", False),
        (b"231005-142233", False),
        (b"00:00:00:00:00:00", False),
    ],
)
def test_an_adapter_has_its_digits_and_is_no_date(check, value, is_mac):
    assert check("mac", value) is is_mac
