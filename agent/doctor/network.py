"""The checks of ``doctor`` on the way to the endpoint: proxy, name, TCP, TLS, clock, and whether it takes us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic
from urllib.parse import urlsplit

from agent.doctor.findings import Finding, Situation, ok, problem, warning
from agent.endpoints import split_address
from agent.errors import AgentError
from agent.wording import counted
from collectors._reachability import InvalidTarget, Remaining, Target, reach

_WAY_SECONDS = 25.0  # below what doctor gives the check, so that the step that hangs is named
_REQUEST_SECONDS = 10.0
_SKEW_SECONDS = 120  # tokens and signatures of most services bear some minutes; above, things begin to fail
_ONCE_HERE = "See what is told above of proxy, DNS, TCP and TLS; if all is well there, ask whoever keeps the endpoint."
_STEPS = {
    "name": ("DNS", "See the spelling of the host, and the name server of this network."),
    "tcp": ("TCP", "A firewall may be in between, the server down, or a proxy needed (set 'proxy')."),
    "tls": ("TLS", "If a proxy inspects TLS here, its certificate belongs into the system's store or 'ca_file'."),
    "clock": ("clock", "The server did not answer as a web server does."),
}


def check_proxy(situation: Situation) -> Iterator[Finding]:
    """The proxy that would be used takes connections."""
    url = _url(situation)
    if url is None:
        return
    try:
        proxy = _proxy(situation, url)
    except AgentError as error:
        yield problem("proxy", str(error), error.advice)
        return
    if proxy is None:
        yield _none_used()
        return
    try:
        target = replace(Target.parse(proxy if "://" in proxy else f"http://{proxy}"), scheme="tcp")
    except InvalidTarget as error:
        yield problem("proxy", f"It is not written as it must be: {error}.", "Write it like http://proxy.example:3128.")
        return
    shown = f"{target.host}:{target.port}"
    found = reach(target, _clock(_REQUEST_SECONDS * 0.9))
    if "failed" in found:
        yield problem("proxy", f"{shown}: {found['because']}", "See the setting 'proxy', HTTPS_PROXY and NO_PROXY.")
    else:
        yield ok("proxy", f"{shown} takes connections.")


def check_way(situation: Situation) -> Iterator[Finding]:
    """Name, TCP, TLS and clock of the endpoint's host; what the proxy does is not ours to see."""
    url = _url(situation)
    try:
        if url is None or _proxy(situation, url) is not None:
            return
    except AgentError:  # the proxy's own check tells it
        return
    try:
        target = Target.parse(url)
    except InvalidTarget as error:
        yield problem("DNS", str(error), "See the setting 'endpoint'.")
        return
    own_trust = situation.settings.ca_file is not None  # TLS is then judged by the endpoint's check, which knows it
    found = reach(replace(target, scheme="tcp") if own_trust else target, _clock(_WAY_SECONDS))
    for step, (name, advice) in _STEPS.items():
        if found.get("failed") == step:
            told = f"{target.host}:{target.port}: {found['because']}{_issuer(found)}"
            yield (warning if step == "clock" else problem)(name, told, advice)
        elif step in found:
            yield from _fine(step, name, target, found[step])


def _fine(step: str, name: str, target: Target, told: object) -> Iterator[Finding]:
    assert isinstance(told, dict), "each step of the way tells an object"
    if step != "clock":
        sentence = {"name": "is known", "tcp": "takes connections", "tls": "is who it says it is"}[step]
        yield ok(name, f"{target.host}:{target.port} {sentence}{_by(told)}.")
        return
    ahead = told.get("ahead_seconds")
    if not isinstance(ahead, int):
        yield ok(name, "The server tells no time.")
    elif abs(ahead) > _SKEW_SECONDS:
        side = "ahead of" if ahead > 0 else "behind"
        yield warning(
            name,
            f"This computer is {counted(abs(ahead), 'second')} {side} the server.",
            "Set the clock by a time server.",
        )
    else:
        yield ok(name, f"It differs from the server's by {counted(abs(ahead), 'second')}.")


def _by(told: dict[str, object]) -> str:
    return f" (certificate by {told['issuer']})" if told.get("issuer") else ""


def _issuer(found: dict[str, object]) -> str:
    presented = found.get("presented")
    return _by(presented) if isinstance(presented, dict) else ""


def check_endpoint(situation: Situation) -> Iterator[Finding]:
    """The endpoint answers, and accepts this device."""
    if situation.endpoint is None:
        yield problem("endpoint", "None is configured.", "Set 'endpoint' (docs/settings.md), or add --to each time.")
        return
    hurried = replace(
        situation.settings,
        network_timeout_seconds=min(_REQUEST_SECONDS, situation.settings.network_timeout_seconds),
        retry_seconds=0,
    )
    try:
        yield ok("endpoint", situation.connect(situation.endpoint, hurried).check())
    except AgentError as error:
        yield problem("endpoint", str(error), _ONCE_HERE if "'sendlogs doctor'" in error.advice else error.advice)


def _url(situation: Situation) -> str | None:
    """The endpoint's web address, if it has one."""
    if situation.endpoint is None:
        return None
    try:
        _, address = split_address(situation.endpoint)
    except AgentError:  # the endpoint's own check tells it
        return None
    return address if urlsplit(address).scheme in ("http", "https") else None


def _proxy(situation: Situation, url: str) -> str | None:
    """The proxy for ``url``, as the endpoint would take it. Raise ``ConfigError`` for a PAC file."""
    from agent.endpoints._proxy import proxy_for

    return proxy_for(url, situation.settings.proxy)


def _none_used() -> Finding:
    from agent.endpoints._proxy import PAC_ADVICE, system_pac

    if system_pac() is None:
        return ok("proxy", "None is used for the endpoint.")
    return warning("proxy", "None is used: this system finds its proxy by a PAC file, which is not run.", PAC_ADVICE)


def _clock(seconds: float) -> Remaining:
    end = monotonic() + seconds
    return lambda: end - monotonic()
