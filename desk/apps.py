"""The desk as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Names the application; its models lie in ``desk.models``."""

    name = "desk"
    verbose_name = "Devices and bundles"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the description of the API know our kind of credential, and tickets show plain words."""
        from desk import openapi, plain_words  # noqa: F401 - importing registers it; apps must be loaded first

        plain_words.install()
