"""tuspy with one file: python tuspy_client.py TASK, a JSON object as of client.mjs."""

import json
import sys

from tusclient.client import TusClient
from tusclient.storage.filestorage import FileStorage

task = json.loads(sys.argv[1])
client = TusClient(task["endpoint"], headers={"Authorization": task["authorization"]})
client.uploader(
    task["file"],
    chunk_size=8 * 2**20,
    metadata=task["metadata"],
    retries=4,
    retry_delay=1,
    store_url=True,
    url_storage=FileStorage(task["remembered"]),
    upload_checksum=True,
).upload()
