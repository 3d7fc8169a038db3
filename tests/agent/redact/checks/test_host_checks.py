import re

import pytest

from agent.redact.checks.validators import VALIDATORS


@pytest.mark.parametrize("value", [b"localhost", b"app.log", b"1234", b"10.0.0.1"])
def test_a_host_is_no_file_number_or_address(check, value):
    assert check("host", value) is False


@pytest.mark.parametrize(
    "value", [b"8f3c9a1e-1b2c-4d5e-8f90-a1b2c3d4e5f6", b"deadbeef42", b"x86_64", b"error", b"v1.2"]
)
def test_a_named_host_is_no_uuid_digest_target_or_level(check, value):
    assert check("named-host", value) is False


@pytest.mark.parametrize("value", [b"web-fra-02", b"rivendell34", b"TS-LON-164", b"titan-hv2"])
def test_place_role_and_number_make_a_machine(check, value):
    assert check("shaped-host", value) is True


@pytest.mark.parametrize(
    ("value", "is_owned"),
    [
        (b"edge-stage-01.litware.org", True),
        (b"core-sw-waw-12.litware.co.uk", True),
        (b"edge-01.akamai.net", False),
        (b"app-web-12.tar.gz", False),
        (b"web-01.linux.amd64", False),
        (b"db-02.setup.de", False),
    ],
)
def test_a_whole_name_is_in_somebodys_own_domain(check, value, is_owned):
    assert check("shaped-host", value) is is_owned


def test_a_carriers_machine_in_an_address_tells_nobodys_network(check):
    assert check("url-host", b"bucket.s3.amazonaws.com") is False
    assert check("url-host", b"git.litware.example") is True


@pytest.mark.parametrize("value", [b"my-topic-0", b"pool-2-thread-1", b"python3", b"ubuntu22", b"eth0", b"us-east-1"])
def test_products_threads_and_parts_of_programs_are_no_machines(check, value):
    assert check("shaped-host", value) is False


@pytest.mark.parametrize(
    ("value", "is_host"),
    [
        (b"sql-ams-02", True),
        (b"janes-laptop", True),
        (b"db7.lab.example", True),
        (b"worker-7", False),
        (b"nginx", False),
    ],
)
def test_behind_a_word_like_server_a_name_looks_like_one(check, value, is_host):
    assert check("likely-host", value) is is_host


@pytest.mark.parametrize(("value", "is_host"), [(b"attic-air", True), (b"eth0", False), (b"address", False)])
def test_beside_an_address_stands_a_host_and_no_adapter(check, value, is_host):
    assert check("neighbour-host", value, b"connect to ") is is_host


@pytest.mark.parametrize("value", [b"github.com", b"time.windows.com", b"kubernetes.default.svc.cluster.local"])
def test_a_machine_that_everybody_asks_names_nobody(check, value):
    assert check("named-host", value) is False


def test_a_machine_of_a_provider_may_name_its_customer(check):
    assert check("named-host", b"litware.github.io") is True


@pytest.mark.parametrize(
    "scheme", [b"chrome://", b"ms-settings://", b"vscode://", b"steam://", b"x-apple.systempreferences://"]
)
def test_what_leads_into_a_program_is_no_machine(scheme):
    match = re.match(rb".*?://(?P<value>.*)", scheme + b"attic")
    assert match is not None
    assert VALIDATORS["url-host"](b"attic", match) is False


@pytest.mark.parametrize(("value", "is_host"), [(b"attic", True), (b"redis", False), (b"web01", True)])
def test_a_machine_that_bears_the_name_of_its_program_is_none(value, is_host):
    match = re.match(rb".*?://(?P<value>.*)", b"tcp://" + value)
    assert match is not None
    assert VALIDATORS["url-host"](value, match) is is_host


@pytest.mark.parametrize(
    ("value", "is_host"), [(b"ws0285", True), (b"pc4711", True), (b"ws2022", False), (b"abc0285", False)]
)
def test_a_role_may_have_a_long_number(check, value, is_host):
    assert check("shaped-host", value) is is_host
