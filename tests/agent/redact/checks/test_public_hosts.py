import pytest

from agent.redact.checks.public_hosts import is_public_host


@pytest.mark.parametrize("name", [b"api.openai.com", b"mirrors.fedoraproject.org", b"go.dev", b"host.docker.internal"])
def test_a_machine_of_a_vendor_names_nobody(name):
    assert is_public_host(name)


@pytest.mark.parametrize(
    "name",
    [
        b"api.litware.example",
        b"attic",
        b"notopenai.com",
        b"openai.com.litware.example",
        b"attic.storage.googleapis.com",
        b"com",
    ],
)
def test_a_machine_of_anybody_else_may(name):
    assert not is_public_host(name)
