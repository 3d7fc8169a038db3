"""The administrator's pages, under ``/admin/``: see devices and tokens, revoke devices. Nothing is edited by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from desk import champion_tokens
from desk.models import ChampionToken, Device, EnrollmentToken, Relay
from desk.relay import revoke as revoke_relay
from desk.revocation import revoke


class _NotByHand:
    """For rows that the program alone makes and changes."""

    def has_add_permission(self, _request: HttpRequest, *_parent: Any) -> bool:
        """Nobody adds one here."""
        return False

    def has_change_permission(self, _request: HttpRequest, *_row: Any) -> bool:
        """Nobody edits one here."""
        return False


@admin.register(Device)
class DeviceAdmin(_NotByHand, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs alone
    """Devices; revoking one shuts it out at once, and keeps its tickets and bundles."""

    list_display = ("id", "computer_id", "enrolled_at", "last_seen_at", "revoked_at")
    search_fields = ("id", "computer_id")
    exclude = ("credential_digest", "next_public_id", "next_credential_digest")
    actions = ("revoke",)

    def has_delete_permission(self, _request: HttpRequest, *_row: Any) -> bool:
        """A device stays, as its tickets do."""
        return False

    @admin.action(description="Revoke the credentials of the selected devices", permissions=["view"])
    def revoke(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        """Let them in no more."""
        revoked = [revoke(device, by=request.user.get_username()) for device in devices]
        self.message_user(request, f"Revoked: {sum(revoked)}.")


@admin.register(EnrollmentToken)
class EnrollmentTokenAdmin(_NotByHand, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs alone
    """Tokens; deleting one makes it worthless."""

    list_display = ("public_id", "created_at", "expires_at", "uses_left")
    exclude = ("digest",)


@admin.register(Relay)
class RelayAdmin(_NotByHand, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs alone
    """Relays; revoking one shuts it out at once."""

    list_display = ("name", "created_at", "revoked_at")
    exclude = ("credential_digest",)
    actions = ("revoke",)

    @admin.action(description="Revoke the credentials of the selected relays", permissions=["view"])
    def revoke(self, request: HttpRequest, relays: QuerySet[Relay]) -> None:
        """Let them in no more."""
        revoked = [revoke_relay(relay, by=request.user.get_username()) for relay in relays]
        self.message_user(request, f"Revoked: {sum(revoked)}.")


@admin.register(ChampionToken)
class ChampionTokenAdmin(_NotByHand, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs alone
    """Tokens of accounts; deleting one makes it worthless."""

    list_display = ("name", "account", "made_at", "expires_at", "last_used_at")
    exclude = ("digest",)

    def delete_model(self, request: HttpRequest, obj: ChampionToken) -> None:
        """As on the account's page."""
        champion_tokens.revoke(obj, by=request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ChampionToken]) -> None:
        """Each of those selected."""
        for token in queryset:
            champion_tokens.revoke(token, by=request.user.get_username())
