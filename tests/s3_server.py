"""A real S3 server for the suites that need one; `tests/conftest.py` makes its fixture known to all."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

KEY = "lorechat-test"
SECRET = "lorechat-test-secret"
TENANT = "lorechat-tenant"
TENANT_PREFIX = "tenants/one"
"""The key `TENANT` may use what lies below this prefix of the bucket, and nothing else."""

_SEALING_KEY = "5e" * 32  # with it the server can encrypt what it is asked to


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def s3_options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A SeaweedFS server with one bucket named `lake`, as delta-rs storage options."""
    folder = tmp_path_factory.mktemp("seaweedfs")
    tenant = [f"{action}:lake/{TENANT_PREFIX}/*" for action in ("Read", "Write", "List")]
    identities = [_identity(KEY, ["Admin"]), _identity(TENANT, tenant)]
    (folder / "identities.json").write_text(json.dumps({"identities": identities}))
    ports = {name: _free_port() for name in ("master", "volume", "filer", "s3")}
    grpc = {f"{name}.port.grpc": _free_port() for name in ("master", "volume", "filer", "s3")}
    command = [
        str(Path(sys.executable).with_name("weed")),
        "server",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-filer",
        "-s3",
        f"-s3.config={folder / 'identities.json'}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        *(f"-{name}.port={port}" for name, port in ports.items()),
        *(f"-{name}={port}" for name, port in grpc.items()),
    ]
    environment = os.environ | {"WEED_S3_SSE_KEK": _SEALING_KEY}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    options = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3']}",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }
    try:
        _make_bucket(ports, server, folder / "log")
        yield options
    finally:
        server.kill()  # nothing there outlives the test, and it would wait for open connections
        server.wait()


def _identity(key: str, actions: list[str]) -> dict[str, object]:
    return {"name": key, "credentials": [{"accessKey": key, "secretKey": SECRET}], "actions": actions}


def _make_bucket(ports: dict[str, int], server: subprocess.Popen[bytes], log: Path) -> None:
    """A bucket is a folder of the filer; it and the S3 gateway come up some seconds after the process."""
    deadline = time.monotonic() + 60
    while True:
        try:
            made = httpx.post(f"http://127.0.0.1:{ports['filer']}/buckets/lake/")
            assert made.status_code in (201, 409)  # 409: there already, from a try before
            assert httpx.get(f"http://127.0.0.1:{ports['s3']}/lake").status_code == 403
            return
        except (httpx.HTTPError, AssertionError):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the S3 server did not come up:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)
