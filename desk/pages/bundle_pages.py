"""The pages about bundles, for champions: a bundle's report, manifest and files, read without unpacking anything.

What comes out of a bundle is served as plain text, or as a report in a sandbox, with policies that let nothing run
and nothing be loaded (``desk.content_security``). Who looked at what, or took it away, is in
the audit before they see it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from desk import audit, content_security
from desk.contents.archive_reader import TEXT_WINDOW_BYTES
from desk.contents.bundle_contents import NotShown, contents_of, report_index, report_of, text_of
from desk.models import Bundle
from desk.roles import AT_WORK, only, tickets_of
from desk.uploads.bundle_bytes import BytesAway, BytesGone, on_disk

_PIECE_BYTES = 256 << 10
_HIGHEST_OFFSET = 1 << 50  # beyond any file: bounds what the reader is asked for


def _of_a_bundle(what: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Give a page its bundle, if it is one of the caller's queues, and write into the audit that ``what`` was done."""

    def found(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @only(*AT_WORK)
        @wraps(view)
        def finding(request: HttpRequest, bundle_id: uuid.UUID, **named: Any) -> HttpResponseBase:
            bundles = Bundle.objects.select_related("ticket").filter(ticket__in=tickets_of(request))
            bundle = get_object_or_404(bundles, bundle_id=bundle_id)
            detail = f"ticket {bundle.ticket_id}" + (f", file {named['index']}" if named else "")
            audit.record(request.user.get_username(), what, f"bundle {bundle_id}", detail)
            return view(request, bundle, **named)

        return finding

    return found


@require_safe
@_of_a_bundle("bundle-viewed")
def show_bundle(request: HttpRequest, bundle: Bundle) -> HttpResponse:
    """A bundle: its report, what was taken, cut and left out, its files."""
    contents = contents_of(bundle)
    context = {"bundle": bundle, "contents": contents, "has_report": report_index(contents) is not None}
    return content_security.page(request, "desk/bundle.html", context)


@require_safe
@_of_a_bundle("file-opened")
def show_file(request: HttpRequest, bundle: Bundle, index: int) -> HttpResponse:
    """One file of a bundle, a page of it at a time, around the frame that holds the text itself."""
    member = next((entry for entry in contents_of(bundle)["members"] if entry["index"] == index), None)
    if member is None:
        raise Http404
    offset = _offset(request)
    context = {
        "bundle": bundle,
        "member": member,
        "offset": offset,
        "end": min(offset + TEXT_WINDOW_BYTES, member["size_bytes"]),
        "previous": max(0, offset - TEXT_WINDOW_BYTES) if offset else None,
        "next": offset + TEXT_WINDOW_BYTES if offset + TEXT_WINDOW_BYTES < member["size_bytes"] else None,
    }
    return content_security.page(request, "desk/bundle_file.html", context)


@require_safe
@_of_a_bundle("file-viewed")
@xframe_options_sameorigin
def show_text(request: HttpRequest, bundle: Bundle, index: int) -> HttpResponse:
    """One page of a file as plain text, whatever the file is."""
    try:
        text = text_of(bundle, index, _offset(request))
    except NotShown as not_shown:
        text = f"Not shown. {not_shown}".encode()
    return _out_of_a_bundle(text, "text/plain; charset=utf-8", content_security.BUNDLE_TEXT)


@require_safe
@_of_a_bundle("report-viewed")
@xframe_options_sameorigin
def show_report(_request: HttpRequest, bundle: Bundle) -> HttpResponse:
    """The report, as a page that can run and load nothing."""
    index = report_index(contents_of(bundle))
    if index is None:
        raise Http404
    try:
        report = report_of(bundle, index)
    except NotShown as not_shown:
        sentence = f"The report is not shown. {not_shown}".encode()
        return _out_of_a_bundle(sentence, "text/plain; charset=utf-8", content_security.BUNDLE_TEXT)
    return _out_of_a_bundle(report, "text/html; charset=utf-8", content_security.BUNDLE_REPORT)


@require_safe
@_of_a_bundle("bundle-downloaded")
def download(_request: HttpRequest, bundle: Bundle) -> HttpResponse | StreamingHttpResponse:
    """The archive itself, as it was received."""
    try:
        file = on_disk(bundle)
    except BytesGone:
        raise Http404 from None
    except BytesAway as away:
        return HttpResponse(f"Not now. {away}", status=503, content_type="text/plain; charset=utf-8")
    headers = {
        "Content-Disposition": f'attachment; filename="ticket-{bundle.ticket_id}-{bundle.bundle_id}.7z"',
        "Content-Length": str(file.stat().st_size),
        content_security.HEADER: content_security.BUNDLE_TEXT,
    }
    # An asynchronous iterator: Django under ASGI would read a synchronous one, such as a file, to its end first.
    return StreamingHttpResponse(pieces(file), content_type="application/x-7z-compressed", headers=headers)


async def pieces(file: Path) -> AsyncIterator[bytes]:
    """The bytes of a file, for an answer that streams."""
    with await asyncio.to_thread(file.open, "rb") as opened:
        while piece := await asyncio.to_thread(opened.read, _PIECE_BYTES):
            yield piece


def _offset(request: HttpRequest) -> int:
    """Where the page begins, in bytes: a whole number of pages, so that lines fall on one page each."""
    written = request.GET.get("offset", "0")
    if not (written.isascii() and written.isdigit() and len(written) <= len(str(_HIGHEST_OFFSET))):
        raise Http404
    return min(int(written), _HIGHEST_OFFSET) // TEXT_WINDOW_BYTES * TEXT_WINDOW_BYTES


def _out_of_a_bundle(content: bytes, content_type: str, policy: str) -> HttpResponse:
    headers = {
        content_security.HEADER: policy,
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-DNS-Prefetch-Control": "off",  # else a browser looks up the names in its links
    }
    return HttpResponse(content, content_type=content_type, headers=headers)
