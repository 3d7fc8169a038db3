"""The desk as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Names the application; its models lie in ``desk.models``."""

    name = "desk"
    verbose_name = "Devices and bundles"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the API's description know our credentials, tickets show plain words, the audit hear of accounts."""
        from desk import deeds, openapi, plain_words  # noqa: F401 - importing registers it; apps must be loaded first

        plain_words.install()
        deeds.install()
