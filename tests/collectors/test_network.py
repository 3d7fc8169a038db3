"""Adapters, routes, proxies and resolver of each platform; credentials of proxies never leave the collector."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.network import COLLECTOR, without_credentials

WINDOWS_PROXY = (
    "\r\nHKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\r\n"
    "    ProxyEnable    REG_DWORD    0x1\r\n"
    "    ProxyServer    REG_SZ    http=ada:hunter2@proxy.example:8080;https=proxy.example:8443\r\n"
    "    AutoConfigURL    REG_SZ    http://wpad.example/wpad.dat?user=hunter2\r\n"
    "    User Agent    REG_SZ    Mozilla\r\n"
)


def test_adapters_are_told_with_addresses_and_state(machine, gather):
    adapters = json.loads(gather(COLLECTOR, machine(collector=COLLECTOR)).texts["network/adapters.json"])
    addresses = {each["address"] for adapter in adapters.values() for each in adapter["addresses"]}
    assert "127.0.0.1" in addresses
    assert any(adapter["up"] and adapter["mtu_bytes"] > 0 for adapter in adapters.values())


@pytest.mark.parametrize(
    ("platform", "commands"),
    [
        ("linux", {"ip route show table all": "default via 192.0.2.1\n", "resolvectl status --no-pager": "DNS\n"}),
        ("linux", {"netstat -rn": "Kernel IP routing table\n", "resolvectl status --no-pager": "DNS\n"}),
        ("darwin", {"netstat -rn": "Routing tables\n", "scutil --dns": "resolver #1\n", "scutil --proxy": "{}\n"}),
        ("win32", {"route print": "IPv4 Route Table\n", "ipconfig /all": "Windows IP Configuration\n"}),
    ],
)
def test_routes_and_resolver_are_in_the_words_of_the_platform(machine, gather, platform, commands):
    found = gather(COLLECTOR, machine(platform=platform, collector=COLLECTOR, commands=commands))
    assert found.texts["network/routes.txt"] in commands.values()
    assert found.texts["network/resolver.txt"] in commands.values()


def test_the_resolver_file_is_taken_or_said_to_be_missing(machine, gather):
    files = {"/etc/resolv.conf": "nameserver 192.0.2.53\n"}
    assert gather(COLLECTOR, machine(collector=COLLECTOR)).skipped["network/resolv.conf"].startswith("/etc/resolv")
    found = gather(COLLECTOR, machine(collector=COLLECTOR, files=files))
    assert found.texts["network/resolv.conf"] == "nameserver 192.0.2.53\n"


def test_proxies_of_the_environment_are_told_without_credentials(machine, gather):
    environment = {"HTTPS_PROXY": "http://ada:hunter2@proxy.example:3128", "no_proxy": "localhost", "OTHER": "x"}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, environment=environment))
    assert json.loads(found.texts["network/proxies.json"])["environment"] == {
        "HTTPS_PROXY": "http://proxy.example:3128",
        "no_proxy": "localhost",
    }


def test_proxies_of_windows_are_told_without_credentials_and_queries(machine, gather):
    key = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings"
    found = gather(
        COLLECTOR, machine(platform="win32", commands={("reg", "query", key): WINDOWS_PROXY}, collector=COLLECTOR)
    )
    assert json.loads(found.texts["network/proxies.json"])["system"] == {
        "ProxyEnable": "1",
        "ProxyServer": "http=proxy.example:8080;https=proxy.example:8443",
        "AutoConfigURL": "http://wpad.example/wpad.dat",
    }


def test_proxies_of_macos_are_told_line_by_line(machine, gather):
    answer = "<dictionary> {\n  HTTPEnable : 1\n  HTTPProxy : proxy.example\n  HTTPUser : ada\n}\n"
    found = gather(COLLECTOR, machine(platform="darwin", commands={"scutil --proxy": answer}, collector=COLLECTOR))
    told = json.loads(found.texts["network/proxies.json"])["system"]
    assert "HTTPProxy : proxy.example" in told
    assert "ada" not in str(told)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://ada:pa@ss:w@proxy:80", "http://proxy:80"),
        ("ada:pass@proxy:80", "proxy:80"),
        ("http=ada:p@one:1;https=two:2", "http=one:1;https=two:2"),
        ("http=ada:p@one:1;socks=b:q@two:2", "http=two:2"),
        ("http://proxy:80/path?key=1#x", "http://proxy:80/path"),
        ("localhost, .example.com", "localhost, .example.com"),
    ],
)
def test_addresses_lose_credentials_and_queries(text, expected):
    assert without_credentials(text) == expected


@given(
    st.text(min_size=1),
    st.sampled_from(["", "http://", "socks5h://"]),
)
def test_no_password_survives_whatever_signs_it_holds(password, scheme):
    assert without_credentials(f"{scheme}ada:{password}@proxy.example:80") == f"{scheme}proxy.example:80"


def test_a_host_that_is_written_wrongly_is_said_and_the_others_are_tried(machine, gather):
    context = machine(collector=COLLECTOR, options={"hosts": ["nonsense", "tcp://127.0.0.1:9"]})
    found = gather(COLLECTOR, context)
    assert "a host is written" in found.skipped["network/hosts.json"]
    assert json.loads(found.texts["network/hosts.json"])[0]["host"] == "127.0.0.1"


def test_that_a_proxy_was_passed_by_is_said(machine, gather):
    options = {"hosts": ["tcp://127.0.0.1:9"]}
    context = machine(collector=COLLECTOR, options=options, environment={"https_proxy": "http://proxy:1"})
    assert "did not go through" in gather(COLLECTOR, context).artifacts["network/hosts.json"].origin.source


def test_a_host_for_which_no_time_is_left_is_named(machine, gather):
    context = machine(collector=COLLECTOR, options={"hosts": ["https://a.example"]}, remaining_seconds=0)
    assert "time was up" in gather(COLLECTOR, context).skipped["network/https://a.example"]
