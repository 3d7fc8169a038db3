"""The S3-compatible store for large bundles, where the desk is told of one; nothing else here speaks to it.

The desk alone holds its keys. A device gets addresses that are signed for one part of one upload, for the very number
of bytes of that part, for some minutes; they are secrets, and stand in no log. What the store answers is believed of
what is *missing* at most: what it holds is read back (``parts_store``). Multipart uploads and signed addresses
(Signature Version 4): https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
"""

from __future__ import annotations

import configparser
import functools
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from config.private_files import read_private
from desk.problems import Problem, ProblemType
from desk.public_url import is_loopback

_LOG = logging.getLogger(__name__)
_BLOCK_BYTES = 1 << 20
_SILENCE_SECONDS = 30  # of a connection to the store
_MOST_CONNECTIONS = 50  # kept for the next use; of more at once each is made anew, and warned of in the log
_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})


class WrongStoreSettings(ValueError):
    """A sentence that says what is wrong with the settings of the store."""


class StoreTrouble(Problem):
    """The store does not do what it is asked just now; why stands in the desk's log."""

    def __init__(self) -> None:
        super().__init__(503, ProblemType.BLANK, "The store for large bundles does not answer as it should just now.")


class NoSuchObject(FileNotFoundError):
    """The store holds nothing under that key."""


class ObjectStore:
    """One bucket. Every method may raise ``StoreTrouble``."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def begin(self, key: str) -> str:
        """Begin a multipart upload; return the store's name for it."""
        upload: str = self._ask("create_multipart_upload", Key=key)["UploadId"]
        return upload

    def held(self, key: str, upload: str) -> dict[int, tuple[int, str]] | None:
        """Size in bytes and ETag of each part that has come, by its number; ``None`` for an upload that is gone."""
        parts = dict[int, tuple[int, str]]()
        after = 0
        while True:
            try:
                page = self._ask("list_parts", Key=key, UploadId=upload, PartNumberMarker=after)
            except NoSuchObject:
                return None
            parts |= {part["PartNumber"]: (part["Size"], part["ETag"]) for part in page.get("Parts", ())}
            if not page.get("IsTruncated") or max(parts, default=0) <= after:
                return parts
            after = max(parts)

    def part_url(self, key: str, upload: str, number: int, size_bytes: int) -> str:
        """The address at which whoever knows it may put this part, of this size, for a while."""
        # The length is signed as well, so that nobody can fill the store with a larger part.
        about = {"Bucket": self._bucket, "Key": key, "UploadId": upload, "PartNumber": number}
        url: str = self._client.generate_presigned_url(
            "upload_part", Params={**about, "ContentLength": size_bytes}, ExpiresIn=settings.DESK_PART_URL_SECONDS
        )
        return url

    def complete(self, key: str, upload: str, etags: Mapping[int, str]) -> None:
        """Make one object of the parts. That it came to be is to be looked for."""
        parts = [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]
        self._ask("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})

    def abort(self, key: str, upload: str) -> None:
        """Throw the parts away."""
        try:
            self._ask("abort_multipart_upload", Key=key, UploadId=upload)
        except NoSuchObject:
            return

    def holds(self, key: str) -> bool:
        """Whether there is an object; says nothing of its bytes."""
        try:
            self._ask("head_object", Key=key)
        except NoSuchObject:
            return False
        return True

    def pieces(self, key: str) -> Iterator[bytes]:
        """The bytes of an object. Raise ``NoSuchObject``."""
        body = self._ask("get_object", Key=key)["Body"]
        with body, _asked("get_object"):
            yield from body.iter_chunks(_BLOCK_BYTES)

    def delete(self, key: str) -> None:
        """Remove an object, if there is one."""
        self._ask("delete_object", Key=key)

    def _ask(self, operation: str, **words: Any) -> dict[str, Any]:
        with _asked(operation):
            answer: dict[str, Any] = getattr(self._client, operation)(Bucket=self._bucket, **words)
        return answer


@contextmanager
def _asked(operation: str) -> Iterator[None]:
    """Raise our own errors; the library's may tell addresses, so their kind and code alone are logged."""
    from botocore.exceptions import BotoCoreError, ClientError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _ABSENT:
            raise NoSuchObject(operation) from None
        _LOG.error("The store answers %s with %s.", operation, code[:100])
        raise StoreTrouble from None
    except (BotoCoreError, HTTPError, OSError) as error:
        _LOG.error("The store does not answer %s: %s.", operation, type(error).__name__)
        raise StoreTrouble from None


@functools.cache
def configured() -> ObjectStore | None:
    """The store of the settings, ``None`` without one. Raise ``WrongStoreSettings``."""
    if not settings.DESK_S3_URL:
        return None
    parts = urlsplit(settings.DESK_S3_URL)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
        raise WrongStoreSettings("SENDLOGS_DESK_S3_URL is not an address like https://s3.example.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise WrongStoreSettings(f"{parts.hostname} would get bundles in the clear: use an https address.")
    if not settings.DESK_S3_BUCKET:
        raise WrongStoreSettings("SENDLOGS_DESK_S3_BUCKET must name the bucket of the store.")
    return ObjectStore(_client(*_keys(settings.DESK_S3_KEYS_FILE)), settings.DESK_S3_BUCKET)


def _keys(file: str) -> tuple[str, str]:
    """Key and secret, from a file in the form of AWS's own, which nobody else can read."""
    read = configparser.ConfigParser(interpolation=None)
    try:
        read.read_string(read_private(Path(file)).decode())
        return read["default"]["aws_access_key_id"], read["default"]["aws_secret_access_key"]
    except OSError as error:
        raise WrongStoreSettings(f"SENDLOGS_DESK_S3_KEYS_FILE: {error}.") from None
    except (ValueError, KeyError, configparser.Error):  # whose own sentences may repeat a line of the file
        sentence = "must hold [default] with aws_access_key_id and aws_secret_access_key."
        raise WrongStoreSettings(f"SENDLOGS_DESK_S3_KEYS_FILE: {file} {sentence}") from None


def _client(key: str, secret: str) -> Any:
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},  # every store knows it
        # Checksums of AWS's own in each request: other stores refuse them, and the bytes are read back anyway.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=_SILENCE_SECONDS,
        read_timeout=_SILENCE_SECONDS,
        max_pool_connections=_MOST_CONNECTIONS,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )
    session = Session()
    session.set_credentials(key, secret)
    url, region = settings.DESK_S3_URL, settings.DESK_S3_REGION
    try:
        return session.create_client("s3", region_name=region, endpoint_url=url, config=config)
    except (BotoCoreError, ValueError) as error:
        raise WrongStoreSettings(f"The store cannot be used: {error}") from None
