"""Which bodies the API reads, and how."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser


class BoundedJson(JSONParser):
    """JSON whose nesting does not break the reader; its size is bounded before it comes here."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        """What the body says. Raise ``ParseError``."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None


class UnreadBody(BaseParser):
    """Declares the media type of a bundle; its body never comes through here (``desk.uploads.streamed_body``)."""

    media_type = "application/x-7z-compressed"

    def parse(self, *_of_the_framework: Any, **_named: Any) -> dict[str, Any]:
        """Give nothing; called only to find out whether the media type is the right one."""
        return {}


class UnreadPiece(UnreadBody):
    """Declares the media type of a piece of a resumable upload, which likewise never comes through here."""

    media_type = "application/offset+octet-stream"
