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


@pytest.mark.parametrize("value", [b"localhost", b"app.log", b"1234", b"10.0.0.1"])
def test_a_host_is_no_file_number_or_address(check, value):
    assert check("host", value) is False
