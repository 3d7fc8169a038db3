"""SeaweedFS, an S3-compatible store, as a process of the test's own, with one bucket and the keys of a desk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from botocore.config import Config
from botocore.session import Session

from tests.servers.tracker_process import free_port, needed, running, state_folder

BUCKET = "bundles"
KEY, SECRET = "key-of-the-desk", "secret-of-the-desk"  # of a store that lives for one test
KEYS_FILE = f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
_PORTS = ("master.port", "volume.port", "filer.port", "s3.port")


@dataclass(frozen=True)
class RunningStore:
    """A store, and its keeper's look into it."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def desk_settings(self, *, port: int | None = None, over_bytes: int = 0, **more: str) -> dict[str, str]:
        """The environment of a desk that uses it, through another port if need be."""
        keys = self.folder / "keys"
        if not keys.exists():
            keys.touch(0o600)
            keys.write_text(KEYS_FILE)
        return {
            "SENDLOGS_DESK_S3_URL": f"http://127.0.0.1:{port or self.port}",
            "SENDLOGS_DESK_S3_BUCKET": BUCKET,
            "SENDLOGS_DESK_S3_KEYS_FILE": str(keys),
            "SENDLOGS_DESK_S3_OVER_BYTES": str(over_bytes),
            **more,
        }

    def client(self) -> Any:
        session = Session()
        session.set_credentials(KEY, SECRET)
        settings = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return session.create_client("s3", region_name="us-east-1", endpoint_url=self.url, config=settings)

    def objects(self) -> dict[str, int]:
        """The size of each object, by its key."""
        listed = self.client().list_objects_v2(Bucket=BUCKET).get("Contents", ())
        return {each["Key"]: each["Size"] for each in listed}

    def unfinished(self) -> list[str]:
        """The keys of multipart uploads under way."""
        listed = self.client().list_multipart_uploads(Bucket=BUCKET).get("Uploads", ())
        return [each["Key"] for each in listed]


@contextmanager
def running_store() -> Iterator[RunningStore]:
    """SeaweedFS on ports of its own; it tells nobody that it runs."""
    weed = shutil.which("weed")
    needed(weed, "weed (SeaweedFS)")
    with state_folder("weed") as folder:
        (folder / "data").mkdir()
        identity = {"name": "desk", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
        (folder / "identities.json").write_text(json.dumps({"identities": [identity]}))
        ports = {name: free_port() for name in (*_PORTS, *(f"{name}.grpc" for name in _PORTS))}
        argv = [
            str(weed), "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            "-master.telemetry=false", "-master.volumeSizeLimitMB=256", "-volume.max=50",
            "-s3", f"-s3.config={folder / 'identities.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0",
            *(f"-{name}={port}" for name, port in ports.items()),
        ]  # fmt: skip
        store = RunningStore(port=ports["s3.port"], folder=folder)
        # It takes twenty seconds to end in good order, for nothing that is still wanted.
        with running(argv, f"{store.url}/status", folder / "weed.log", {}, folder, stop_seconds=0.1):
            _make_bucket(store)
            yield store


def _make_bucket(store: RunningStore) -> None:
    """Its own first write waits until the other parts of it are up."""
    url = store.client().generate_presigned_url("create_bucket", Params={"Bucket": BUCKET}, ExpiresIn=600)
    answer = requests.put(url, timeout=60)
    assert answer.status_code == 200, answer.text
