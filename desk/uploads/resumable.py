"""Resumable uploads of bundles, ``/api/v1/tickets/<number>/uploads``: a server of the tus protocol 1.0.0.

A device announces a bundle by ``POST``, sends it in pieces by ``PATCH``, asks by ``HEAD`` how far it came; with the
last byte it is a bundle like one that was put in one go (``desk.uploads.bundle_store``).
"""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api import DeviceView, answers
from desk.authentication import device_of
from desk.parsers import UnreadPiece
from desk.shared_connections import give_back
from desk.tickets import own_ticket
from desk.uploads import resumable_store, tus_headers
from desk.uploads.resumable_store import Upload
from desk.uploads.streamed_body import SCOPE_KEY, IncomingBody


def _header(name: str, description: str, *, required: bool = True) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, required=required, description=description)


_VERSION = _header("Tus-Resumable", f"{tus_headers.VERSION}: tus, https://tus.io/protocols/resumable-upload")
_CREATION = [
    _VERSION,
    _header("Upload-Length", "Size of the bundle in bytes"),
    _header("Upload-Metadata", "bundle_id, sha256 (64 hexadecimal digits), consent (JSON): each in base64"),
]
_PIECE = [
    _VERSION,
    _header("Upload-Offset", "Where the piece goes: the number of bytes the desk holds"),
    _header("Upload-Checksum", f"{' or '.join(tus_headers.CHECKSUM_ALGORITHMS)}, and base64", required=False),
]
_NOTHING = OpenApiResponse(description="Told in headers: Location, Upload-Offset, Upload-Length, Upload-Expires")


class TusView(DeviceView):
    """What every answer of the protocol has in common."""

    def initial(self, request: Request, *of_the_framework: Any, **named: Any) -> None:
        """Let in who speaks our version; ``OPTIONS`` is how one asks which that is."""
        super().initial(request, *of_the_framework, **named)
        if request.method != "OPTIONS" and request.method in self.allowed_methods:  # others are answered 405
            tus_headers.require_version(request)

    def finalize_response(self, request: Request, response: Any, *of_the_framework: Any, **named: Any) -> Response:
        """Say the version, and that no cache may answer in our place."""
        response["Tus-Resumable"] = tus_headers.VERSION
        response["Cache-Control"] = "no-store"
        return super().finalize_response(request, response, *of_the_framework, **named)

    @extend_schema(exclude=True)
    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override] # as DRF's
        """Tell what is understood here."""
        del request, args, kwargs  # the same for all
        headers = {
            "Tus-Version": tus_headers.VERSION,
            "Tus-Extension": tus_headers.EXTENSIONS,
            "Tus-Max-Size": str(settings.DESK_BUNDLE_LIMIT_BYTES),
            "Tus-Checksum-Algorithm": ",".join(tus_headers.CHECKSUM_ALGORITHMS),
        }
        return Response(status=204, headers=headers)


def _told(upload: Upload, offset: int) -> dict[str, str]:
    return {"Upload-Offset": str(offset), "Upload-Expires": formatdate(upload.expires_at, usegmt=True)}


class UploadsView(TusView):
    """Where an upload begins."""

    @extend_schema(
        operation_id="begin_upload",
        parameters=_CREATION,
        request=None,
        responses=answers(400, 401, 404, 405, 406, 409, 411, 412, 413, 423, 429, 507, s201=_NOTHING),
    )
    def post(self, request: Request, number: str) -> Response:
        """Begin one, or find the one that was begun for this bundle: ``Upload-Offset`` tells how far it came."""
        device = device_of(request)
        ticket = own_ticket(device, number)
        upload, offset = resumable_store.begin(tus_headers.announced_by(request), ticket, device)
        # Relative to this address, which is right behind any proxy.
        return Response(status=201, headers={"Location": f"uploads/{upload.upload_id}", **_told(upload, offset)})


class UploadView(TusView):
    """One upload of the device that calls."""

    parser_classes = (UnreadPiece,)

    def head(self, request: Request, number: str, upload_id: str) -> Response:
        """Tell how much of it is on the desk's disk. The description's generator knows no HEAD: see ``patch``."""
        upload = self._upload(request, number, upload_id)
        offset = resumable_store.offset_of(upload)
        length = {"Upload-Length": str(upload.announced.size_bytes)}
        return Response(status=200, headers={**_told(upload, offset), **length})

    @extend_schema(
        operation_id="send_piece",
        parameters=_PIECE,
        request={UnreadPiece.media_type: OpenApiTypes.BINARY},
        responses=answers(400, 401, 404, 405, 406, 409, 412, 413, 415, 423, 460, 507, s204=_NOTHING),
    )
    def patch(self, request: Request, number: str, upload_id: str) -> Response:
        """Add a piece. The last one makes the bundle, or tells why it is none.

        HEAD at the same address tells Upload-Offset, how much the desk holds, Upload-Length and Upload-Expires.
        """
        upload = self._upload(request, number, upload_id)
        _ = request.data  # raises what the framework answers with 415
        offset, checksum = tus_headers.offset_told(request), tus_headers.checksum_told(request)
        body: IncomingBody = request.scope[SCOPE_KEY]  # type: ignore[attr-defined]  # ASGIRequest behind DRF's Request
        give_back()
        offset = resumable_store.append(upload, offset, body.pieces(), checksum)
        return Response(status=204, headers=_told(upload, offset))

    @extend_schema(
        operation_id="end_upload",
        parameters=[_VERSION],
        responses=answers(401, 404, 405, 406, 412, 423, s204=None),
    )
    def delete(self, request: Request, number: str, upload_id: str) -> Response:
        """Throw it away."""
        resumable_store.end(self._upload(request, number, upload_id))
        return Response(status=204)

    def _upload(self, request: Request, number: str, upload_id: str) -> Upload:
        device = device_of(request)
        return resumable_store.find(upload_id, own_ticket(device, number), device)
