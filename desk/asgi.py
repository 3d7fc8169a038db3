"""The desk as an ASGI application, for the server of ``desk serve`` or any other."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 - Django is set up by the line above

from desk.collecting import wake_ups  # noqa: E402 - likewise
from desk.collecting.live_events import LiveEvents  # noqa: E402 - likewise
from desk.collecting.long_poll import LongPolls  # noqa: E402 - likewise
from desk.handler import OneThreadHandler  # noqa: E402 - likewise
from desk.uploads.streamed_body import StreamedBodies  # noqa: E402 - likewise

_streamed = StreamedBodies(
    LiveEvents(OneThreadHandler(), wake_ups.wait, wake_ups.Ending),
    other_limit_bytes=settings.DESK_OTHER_BODY_LIMIT_BYTES,
    silence_seconds=settings.DESK_UPLOAD_SILENCE_SECONDS,
)
application = LongPolls(_streamed)
