import pytest

from agent.redact.checks.package_versions import is_of_package


def asked(text: str, numbers: str) -> bool:
    start = text.index(numbers)
    return is_of_package(text.encode(), start, start + len(numbers))


@pytest.mark.parametrize(
    "text",
    [
        "actionpack (7.1.3.2) lib/action_controller/metal.rb:331:in `x'",
        "INFO x\n    rails (7.1.3.2)\n    rake (13.0.6)",
        "gem 'rails', '~> 7.1.3.2'",
        "from /usr/lib/ruby/gems/rails-7.1.3.2/lib/rails.rb:3",
        "Token cache serialized, Microsoft.Identity.Client 7.1.3.2",
        "UserAgent Azure.Storage.Blobs/7.1.3.2",
        "Using activesupport 5.2.4.3 (was 7.1.3.2)",
    ],
)
def test_the_version_of_a_package_is_told(text):
    assert asked(text, "7.1.3.2")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("connect to mailhost (7.1.3.2) failed", "7.1.3.2"),
        ("    mailhost (198.51.100.7)", "198.51.100.7"),
        ("lookup of mailhost (7.1.3.2)", "7.1.3.2"),
        ("listening on 7.1.3.2", "7.1.3.2"),
        ("Acme.Web.Client 7.1.3.2 connected", "7.1.3.2"),
    ],
)
def test_an_address_is_none(text, numbers):
    assert not asked(text, numbers)
