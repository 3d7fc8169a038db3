"""Which proxy a request takes: the setting's, else what the environment, Windows or macOS say; none to this machine.

A proxy auto-configuration file (PAC) is a program from the network, and is not run: decision 60 says why. Whoever sets
one is told what to set instead.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from agent.errors import ConfigError

PAC_ADVICE = (
    "Set 'proxy' to the proxy that the file names for the endpoint, such as http://proxy.example:3128: "
    "ask whoever keeps the network, or look for PROXY in the file."
)
_PAC_ENDINGS = (".pac", "/wpad.dat")  # as such files are named; "pac:" and "pac+https:" say it outright


def proxies_for(url: str, setting: str | None) -> Mapping[str, str]:
    """The proxies for ``url`` by scheme, as ``requests`` takes them. Raise ``ConfigError`` for a PAC file."""
    if is_loopback(urlsplit(url).hostname or ""):
        return {}
    if setting:
        if is_pac(setting):
            raise ConfigError("The setting 'proxy' names a PAC file, which is not run.", advice=PAC_ADVICE)
        return {"http": setting, "https": setting}
    return dict(get_environ_proxies(url))


def proxy_for(url: str, setting: str | None) -> str | None:
    """The one proxy that a request to ``url`` takes. Raise ``ConfigError`` for a PAC file."""
    return select_proxy(url, dict(proxies_for(url, setting)))


def is_pac(setting: str) -> bool:
    """Whether the words for a proxy name a PAC file instead."""
    scheme, _, _ = setting.partition(":")
    path = urlsplit(setting).path.lower()
    return scheme.lower().partition("+")[0] == "pac" or path.endswith(_PAC_ENDINGS)


def system_pac() -> str | None:
    """The PAC file that Windows is set to, or ``None``: its own proxy settings do not tell what that would answer.

    AutoConfigURL in the person's Internet Settings, as Windows and its browsers read it.
    """
    if sys.platform == "win32":
        import winreg

        path = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:  # neither need be there
            return str(winreg.QueryValueEx(key, "AutoConfigURL")[0]) or None
    return None


def is_loopback(host: str) -> bool:
    """Whether that is this machine, which no proxy leads to."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
