"""How the description of the API tells about the credentials of devices, relays and champions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class DeviceCredentialScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers subclasses
    """A bearer token in the terms of OpenAPI."""

    target_class = "desk.authentication.DeviceAuthentication"
    name = "device credential"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, Any]:
        """The security scheme object."""
        return {"type": "http", "scheme": "bearer", "description": "The credential told at enrolment."}


class RelayCredentialScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers subclasses
    """A relay's bearer token in the terms of OpenAPI."""

    target_class = "desk.authentication.RelayAuthentication"
    name = "relay credential"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, Any]:
        """The security scheme object."""
        return {"type": "http", "scheme": "bearer", "description": "Printed by 'sendlogs-desk relay-credential'."}


class ChampionTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers subclasses
    """A champion's bearer token in the terms of OpenAPI."""

    target_class = "desk.authentication.ChampionAuthentication"
    name = "champion token"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, Any]:
        """The security scheme object."""
        return {"type": "http", "scheme": "bearer", "description": "Made on the page of an account, or by the command."}
