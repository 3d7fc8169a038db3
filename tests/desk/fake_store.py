"""As much of an S3-compatible store as the desk speaks to, in memory, unsigned. ``tests/servers`` has a real one."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class FakeStore:
    """What it holds: ``objects`` by path, ``uploads`` by name, each of parts by number."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.refuses = 0  # a status in place of every answer
        self.before_reading: list[Callable[[], object]] = []  # what happens, once, before an object is told


def _answers(fake: FakeStore, method: str, address: str, body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(address)
    words = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
    upload = words.get("uploadId", "")
    known = fake.uploads.get(upload)
    if fake.refuses:
        return fake.refuses, b"<Error><Code>AccessDenied</Code></Error>"
    if "uploads" in words:
        name = uuid.uuid4().hex
        fake.uploads[name] = {}
        return (
            200,
            f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>".encode(),
        )
    if upload:
        if known is None:
            return 404, b"<Error><Code>NoSuchUpload</Code></Error>"
        return _of_upload(fake, method, parts.path, words, body)
    if method == "DELETE":
        fake.objects.pop(parts.path, None)
        return 204, b""
    if parts.path not in fake.objects:
        return 404, b"<Error><Code>NoSuchKey</Code></Error>"
    data = fake.objects[parts.path]
    if method == "GET" and fake.before_reading:
        fake.before_reading.pop()()
    return 200, data


def _of_upload(fake: FakeStore, method: str, path: str, words: dict[str, str], body: bytes) -> tuple[int, bytes]:
    known = fake.uploads[words["uploadId"]]
    if method == "PUT":
        known[int(words["partNumber"])] = body
        return 200, b""
    if method == "GET":
        listed = "".join(
            f'<Part><PartNumber>{number}</PartNumber><ETag>"{number}"</ETag><Size>{len(data)}</Size></Part>'
            for number, data in sorted(known.items())
        )
        return 200, f"<ListPartsResult><IsTruncated>false</IsTruncated>{listed}</ListPartsResult>".encode()
    del fake.uploads[words["uploadId"]]
    if method == "DELETE":
        return 204, b""
    fake.objects[path] = b"".join(data for _, data in sorted(known.items()))
    return 200, b"<CompleteMultipartUploadResult></CompleteMultipartUploadResult>"


@contextmanager
def running_fake_store() -> Iterator[FakeStore]:
    """The store, on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, data = _answers(fake, self.command, self.path, body)
            self.send_response(status)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", str(len(data)) if status != 204 else "0")
            self.end_headers()
            if self.command != "HEAD" and status != 204:
                self.wfile.write(data)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake = FakeStore(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield fake
        server.shutdown()
        thread.join()
