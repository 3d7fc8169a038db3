"""The network as this machine sees it: adapters, routes, proxies, name servers, and the way to each host.

The way to a host is tried in the order a connection takes (name, TCP, TLS, clock), so that the first step
that fails is the answer; see ``_reachability``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors import (
    Artifact,
    Collector,
    CommandError,
    Context,
    Fact,
    Limits,
    Option,
    Platform,
    Sensitivity,
    Skipped,
    _options,
    cause_of,
)
from collectors._reachability import InvalidTarget, Target, reach
from collectors._windows_registry import values_of

_Found = Iterator[Artifact | Fact | Skipped]
_PROXY_KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings"
_PROXY_VALUES = ("ProxyEnable", "ProxyServer", "ProxyOverride", "AutoConfigURL")
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")  # the last names the exceptions
# All that stands before the last "@": a name and a password, whatever signs are in them. Of a list of addresses with
# credentials ("http=…;https=…" on Windows) only the last survives; to cut it rightly one would have to trust that no
# password holds what parts the list.
_CREDENTIALS = re.compile(r"^(?P<kept>(?:(?:https?|ftp|socks\w*)=)?(?:\w+://)?).*@", re.DOTALL)
_QUERY = re.compile(r"[?#].*", re.DOTALL)
_QUESTIONS: dict[Platform, dict[str, tuple[tuple[str, ...], ...]]] = {
    "linux": {
        "routes.txt": (("ip", "route", "show", "table", "all"), ("netstat", "-rn")),
        "resolver.txt": (("resolvectl", "status", "--no-pager"),),
    },
    "darwin": {"routes.txt": (("netstat", "-rn"),), "resolver.txt": (("scutil", "--dns"),)},
    "win32": {"routes.txt": (("route", "print"),), "resolver.txt": (("ipconfig", "/all"),)},
}


def collect(context: Context) -> _Found:
    """JSON for adapters, proxies and hosts; the system's own words for routes and name servers."""
    yield from _adapters()
    yield Artifact.of_json("network/proxies.json", _proxies(context), source="environment and system settings")
    if context.platform == "linux":
        yield from _resolver_file(context)
    for file, questions in _QUESTIONS[context.platform].items():
        yield _first_answer(context, f"network/{file}", questions)
    yield from _hosts(context)


def _adapters() -> _Found:
    import psutil

    try:
        addresses, states = psutil.net_if_addrs(), psutil.net_if_stats()
        counters = psutil.net_io_counters(pernic=True)
    except (OSError, RuntimeError) as problem:  # psutil's words for a /proc that is hidden
        reason = f"cannot be read: {type(problem).__name__}"
        yield Skipped(path="network/adapters.json", reason=reason, cause=cause_of(problem))
        return
    adapters: dict[str, dict[str, object]] = {}
    for name, known in addresses.items():
        described = [{"family": each.family.name, "address": each.address, "netmask": each.netmask} for each in known]
        adapters[name] = {"addresses": described}
        if name in states:
            state = states[name]
            adapters[name] |= {"up": state.isup, "mtu_bytes": state.mtu, "speed_megabits": state.speed or None}
        if name in counters:
            adapters[name] |= {"counters": counters[name]._asdict()}
    yield Artifact.of_json("network/adapters.json", adapters, source="the operating system's adapters")


def _first_answer(context: Context, path: str, questions: tuple[tuple[str, ...], ...]) -> Artifact | Skipped:
    reason = "the time was up before it could be asked"
    for argv in questions:
        if context.remaining_seconds() <= 0:
            break
        try:
            return Artifact.of_text(path, context.run(*argv), source=" ".join(argv))
        except CommandError as problem:
            reason = str(problem)
    return Skipped(path=path, reason=reason)


def _resolver_file(context: Context) -> _Found:
    path, source = "network/resolv.conf", "/etc/resolv.conf"
    try:
        yield Artifact.of_text(path, context.read_text(source), source=source)
    except OSError as problem:
        yield Skipped(path=path, reason=f"{source}: {problem.strerror or problem}", cause=cause_of(problem))


def _proxies(context: Context) -> dict[str, object]:
    """Proxies by where they are set, each without the credentials that may stand in its address."""
    variables = {
        name: without_credentials(value)
        for name, value in sorted(context.environment.items())
        if name.lower() in _PROXY_VARIABLES
    }
    return {"environment": variables, "system": _system_proxies(context)}


def _system_proxies(context: Context) -> object:
    try:
        if context.platform == "win32":
            values = values_of(context.run("reg", "query", _PROXY_KEY))
            return {name: without_credentials(values[name]) for name in _PROXY_VALUES if name in values}
        if context.platform == "darwin":
            lines = context.run("scutil", "--proxy").splitlines()
            return [without_credentials(line.strip()) for line in lines if "User" not in line]
    except CommandError as problem:
        return f"not known: {problem}"
    return "Linux has no system-wide setting"


def without_credentials(text: str) -> str:
    """Addresses without name, password, query and fragment; ``http://ada:pass@proxy:80`` → ``http://proxy:80``."""
    return _QUERY.sub("", _CREDENTIALS.sub(lambda found: found["kept"], text))


def _hosts(context: Context) -> _Found:
    targets = list(_options.texts(context, "hosts"))
    found = []
    for text in targets:
        if context.remaining_seconds() <= 0:
            yield Skipped(path=f"network/{without_credentials(text)}", reason="the time was up before it was tried")
            continue
        try:
            target = Target.parse(text)
        except InvalidTarget as problem:
            yield Skipped(path="network/hosts.json", reason=str(problem))
            continue
        found.append(reach(target, context.remaining_seconds))
    if found:
        proxied = any(name.lower() in _PROXY_VARIABLES[:-1] for name in context.environment)
        beside = "; this machine names a proxy, which they did not go through" if proxied else ""
        yield Artifact.of_json("network/hosts.json", found, source=f"direct connections{beside}")


COLLECTOR = Collector(
    title="Network",
    gathers="Network adapters, routes, proxies and name servers, and whether the product's hosts can be reached.",
    why="Support sees at which step a connection fails: name, network, certificate or clock.",
    sensitivity=Sensitivity.PERSONAL,
    collect=collect,
    options=(
        Option(
            name="hosts",
            kind="strings",
            form="host",
            default=[],
            help="hosts that the product needs, as https://name[:port], tls://name:port or tcp://name:port",
        ),
    ),
    limits=Limits(time_seconds=40, size_bytes=4 * 2**20),
)
