"""Log-ins and bundles go over https, or stay on this computer."""

import pytest

from desk.public_url import UnsafeAddress, public_url


@pytest.mark.parametrize(
    ("host", "url", "public"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:8750"),
        ("::1", None, "http://[::1]:8750"),
        ("localhost", None, "http://localhost:8750"),
        ("127.0.0.1", "https://desk.example/", "https://desk.example"),
        ("0.0.0.0", "https://desk.example:8443", "https://desk.example:8443"),
        ("127.0.0.1", "http://localhost:9000", "http://localhost:9000"),
    ],
)
def test_addresses_that_are_safe(host, url, public):
    assert public_url(host, 8750, url) == public


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", None),
        ("desk.example", None),
        ("127.0.0.1", "http://desk.example"),
        ("127.0.0.1", "https://desk.example/path"),
        ("127.0.0.1", "desk.example"),
        ("127.0.0.1", "ftp://desk.example"),
    ],
)
def test_addresses_that_are_not(host, url):
    with pytest.raises(UnsafeAddress):
        public_url(host, 8750, url)
