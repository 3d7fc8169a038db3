"""What a verb works with on this machine: the settings, the state folder, and what is built from them."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.consent import person
from agent.errors import ConfigError, UsageError
from config import places, private_files, settings
from config.settings import Loaded, Settings

if TYPE_CHECKING:
    from agent.endpoints import Connection, Endpoint, EndpointKind
    from agent.outbox import Outbox
    from agent.redact import Redactor, RuleSet

LOCAL_SCOPE = "local"  # the pseudonym scope of what belongs to no ticket and never leaves


@dataclass(frozen=True)
class Session:
    """One run on this machine. Make it with ``open_session``."""

    loaded: Loaded

    @property
    def settings(self) -> Settings:
        """The settings, all layers applied."""
        return self.loaded.settings

    @cached_property
    def state(self) -> Path:
        """The state folder, made and owner-only. Raise ``OSError``."""
        return private_files.make_private_folder(self.settings.state_folder)

    @cached_property
    def outbox(self) -> Outbox:
        """What waits to be delivered, and the receipts."""
        from agent.outbox import Outbox

        return Outbox(
            self.state,
            self.settings.outbox_limit_bytes,
            keep_seconds=self.settings.outbox_keep_seconds,
            drops_oldest=self.settings.outbox_drop_oldest,
        )

    @cached_property
    def rules(self) -> RuleSet:
        """The redaction rules that ship, and the administrator's additions."""
        from agent.redact import load_rules

        return load_rules(self.settings.needed_redaction_folders)

    def step_aside(self) -> None:
        """Go on at the lowest priority, unless the settings say otherwise."""
        from agent import priority

        if self.settings.low_priority:
            priority.lower()

    def endpoint(self, given: str | None) -> str:
        """The address of the endpoint: as given, else as configured. Raise ``ConfigError`` for none."""
        chosen = given or self.settings.endpoint
        if not chosen:
            raise ConfigError(
                "No endpoint is configured.",
                advice="Add --to desk:URL or --to folder:DIR, or set 'endpoint' (see docs/settings.md).",
            )
        return chosen

    def connect(self, endpoint: str) -> Endpoint:
        """The endpoint at this address, with this machine's network settings; beside one for links, their store."""
        kind, store = _kind(endpoint), self.settings.link_store
        if kind and kind.capabilities.link_only and store:
            from agent.endpoints._linked import LinkedEndpoint

            return LinkedEndpoint(connect(endpoint, self.settings), connect(store, self.settings))
        return connect(endpoint, self.settings)

    def number_pattern(self, endpoint: str | None) -> str:
        """What a ticket number looks like at this endpoint; any word where none is configured."""
        kind = _kind(endpoint)
        return kind.capabilities.number_pattern if kind else r"(?P<number>\S+)"

    def largest_bundle_bytes(self, endpoint: str | None) -> int | None:
        """The largest file the endpoint takes, where that is known. Raise ``UsageError`` when it takes none at all."""
        kind = _kind(endpoint)
        if kind and kind.capabilities.link_only:
            store = _kind(self.settings.link_store)
            if store is None or store.capabilities.link_only:
                advice = "Set 'link_store' to a desk where the bundles are to lie, such as desk:https://desk.example."
                raise UsageError(f"{kind.title} takes no files, only links to them.", advice=advice)
            return store.capabilities.largest_bundle_bytes
        return self.largest_file_bytes(endpoint)

    def largest_file_bytes(self, endpoint: str | None) -> int | None:
        """The largest file that may be put there, as its kind or the setting says."""
        kind = _kind(endpoint)
        limits = [kind.capabilities.largest_bundle_bytes if kind else None, self.settings.largest_file_bytes]
        return min((limit for limit in limits if limit), default=None)

    def takes_volumes(self, endpoint: str | None) -> bool:
        """Whether the endpoint takes a bundle in several files."""
        kind = _kind(endpoint)
        return kind is not None and kind.capabilities.takes_volumes

    def redactor(self, scope: str, keep_hosts: Sequence[str] = ()) -> Redactor:
        """A redactor whose pseudonyms are keyed by ``scope``, which knows what this machine knows about itself."""
        return self.redactor_maker(scope, keep_hosts)()

    def redactor_maker(self, scope: str, keep_hosts: Sequence[str] = ()) -> Callable[[], Redactor]:
        """Makes that redactor, here or in another process: what it needs to know is found out now."""
        from agent import identity, workspace
        from agent.redact import LocalFacts, make_redactor

        key = identity.pseudonym_key(self.state, scope)
        return partial(
            make_redactor,
            self.settings.needed_redaction_folders,
            key,
            LocalFacts.of_this_machine(),
            tuple(keep_hosts),
            workspace.compiled_rules(self.state),
        )


def _kind(endpoint: str | None) -> EndpointKind | None:
    from agent import endpoints

    return endpoints.installed()[endpoints.split_address(endpoint)[0]] if endpoint else None


def open_session() -> Session:
    """A session with the settings of this machine and this process. Raise ``ConfigurationProblem``."""
    return Session(settings.load(os.environ))


_ADDRESSES = ("endpoint", "link_store")


def require_usable_endpoints(session: Session) -> None:
    """Raise ``ConfigError``, which names file and key, for a set endpoint that no address is."""
    from agent import endpoints, identity

    for key in _ADDRESSES:
        if address := getattr(session.settings, key):
            try:
                endpoints.split_address(address)
                identity.normalised_endpoint(address)
            except UsageError as wrong:
                raise ConfigError(f"{session.loaded.origins[key]}: {key}: {wrong}", advice=wrong.advice) from None


def held_session(told: Mapping[str, Any]) -> Session:
    """A session of the background service: settings that cannot be used any more end nothing that it has begun.

    ``told["held"]`` is what the service holds: the ``values`` of the settings that it read last, see ``load_or_hold``.
    """
    held = told.get("held")
    if not held:
        return open_session()
    loaded = settings.load_or_hold(os.environ, held)
    try:
        require_usable_endpoints(Session(loaded))
    except ConfigError:  # which the file's form does not show
        usable = {key: held[key] for key in _ADDRESSES}
        loaded = dataclasses.replace(loaded, settings=dataclasses.replace(loaded.settings, **usable))
    return Session(loaded)


def connect(endpoint: str, using: Settings) -> Endpoint:
    """Connect to the endpoint at this address ("desk:URL", "folder:DIR"). Raise ``UsageError`` for another form."""
    from agent import endpoints

    scheme, _ = endpoints.split_address(endpoint)
    return endpoints.installed()[scheme].connect(connection(endpoint, using))


def connection(endpoint: str, using: Settings) -> Connection:
    """What an endpoint may use to connect to this address from this machine. Raise ``UsageError`` as above."""
    from agent import endpoints, identity

    _, address = endpoints.split_address(endpoint)
    return endpoints.Connection(
        address=address,
        credential_file=identity.credential_file(using.state_folder, endpoint),
        proxy=using.proxy,
        ca_file=using.ca_file,
        timeout_seconds=using.network_timeout_seconds,
        retry_seconds=using.retry_seconds,
        upload_bytes_per_second=using.upload_bytes_per_second,
    )


def typed_command(environment: Mapping[str, str]) -> str:
    """How a person begins a command line for the state folder of this process: ``sendlogs``, where it is the usual one.

    Another one belongs to an account that is seldom the person's own, such as a service's. On Windows it is a line for
    PowerShell, where a quote within quotes is doubled; no line there becomes another account without its password.
    Elsewhere nothing in it is quoted, so that it can stand within quotes, and root need not become root.
    """
    if not environment.get(places.STATE_VARIABLE):
        return places.NAME
    folder = str(places.default_state_folder(environment))
    if sys.platform == "win32":
        quoted = folder.replace("'", "''")
        moves = f"$env:{places.STATE_VARIABLE}='{quoted}';"
    else:
        becomes = "" if (account := person()) == "root" else f"sudo -u {_escaped(account)} "
        moves = f"{becomes}{places.STATE_VARIABLE}={_escaped(folder)}"
    return f"{moves} {places.NAME}"


def typed_path(path: Path) -> str:
    """How a person types ``path`` in a line as above."""
    doubled = str(path).replace("'", "''")
    return f"'{doubled}'" if sys.platform == "win32" else _escaped(str(path))


def _escaped(word: str) -> str:
    """``word`` for a shell, a backslash before what means something there; a line end knows only quotes."""
    return shlex.quote(word) if "\n" in word else re.sub(r"[^\w@%+=:,./-]", r"\\\g<0>", word)
