"""Which proxy a request takes, and that a PAC file is recognised and never run."""

from __future__ import annotations

import sys
import types
from contextlib import nullcontext
from typing import Any

import pytest

from agent.endpoints import Connection, _proxy
from agent.endpoints._proxy import PAC_ADVICE, is_pac, proxies_for, proxy_for, system_pac
from agent.endpoints._transport import Transport
from agent.errors import ConfigError

URL = "https://desk.example"
PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_setting_is_before_the_environment_and_this_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_for(URL, None) is None
    monkeypatch.setenv("HTTPS_PROXY", "http://other.example:8080")
    assert proxy_for(URL, None) == "http://other.example:8080"
    assert proxy_for(URL, PROXY) == PROXY
    for here in ("http://localhost:1", "http://127.0.0.9", "http://[::1]:8750"):
        assert proxies_for(here, PROXY) == {}


@pytest.mark.parametrize(
    "setting",
    [
        "pac:https://config.example/x",
        "PAC:file:///etc/x",
        "pac+https://config.example/x",
        "https://config.example/proxy.pac",
        "http://wpad/wpad.dat",
        "http://config.example/Office.PAC?site=1",
    ],
)
def test_a_pac_file_is_recognised_and_the_error_says_what_to_set(setting: str, tmp_path: Any) -> None:
    assert is_pac(setting)
    with pytest.raises(ConfigError, match="PAC file") as told:
        proxies_for(URL, setting)
    assert "http://proxy.example:3128" in told.value.advice
    with pytest.raises(ConfigError, match="PAC file"):
        Transport(URL, Connection(address=URL, credential_file=tmp_path / "x", proxy=setting))


@pytest.mark.parametrize("setting", [PROXY, "https://pac.example:3128", "http://ada:pac@proxy.example:80/"])
def test_a_proxy_is_none(setting: str) -> None:
    assert not is_pac(setting)


@pytest.mark.parametrize(
    ("value", "found"), [("http://wpad/wpad.dat", "http://wpad/wpad.dat"), ("", None), (None, None)]
)
def test_the_pac_file_of_windows_is_seen(monkeypatch: pytest.MonkeyPatch, value: str | None, found: str | None) -> None:
    def query(_key: object, name: str) -> tuple[str, int]:
        if value is None or name != "AutoConfigURL":
            raise FileNotFoundError(name)
        return value, 1

    fake: Any = types.ModuleType("winreg")
    fake.HKEY_CURRENT_USER = 1
    fake.OpenKey = lambda *_: nullcontext()
    fake.QueryValueEx = query
    assert sys.platform == "win32" or system_pac() is None
    monkeypatch.setitem(sys.modules, "winreg", fake)
    monkeypatch.setattr(_proxy.sys, "platform", "win32")
    assert system_pac() == found


def test_the_advice_is_a_sentence() -> None:
    assert PAC_ADVICE.startswith("Set 'proxy' to")
