"""A real S3 server for the suites that need one; `tests/conftest.py` makes its fixture known to all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.free_port import free_port

KEY = "lorechat-test"
SECRET = "lorechat-test-secret"
TENANT = "lorechat-tenant"
TENANT_PREFIX = "tenants/one"
"""The key `TENANT` may use what lies below this prefix of the bucket, and nothing else."""

_SEALING_KEY = "5e" * 32  # with it the server can encrypt what it is asked to


_STARTS = 5
_VOLUMES = 1000
"""A bucket takes up to seven of them; by default the server has eight, and then refuses to write."""


@pytest.fixture(scope="session")
def s3_options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A SeaweedFS server with one bucket named `lake`, as delta-rs storage options."""
    folder = tmp_path_factory.mktemp("seaweedfs")
    tenant = [f"{action}:lake/{TENANT_PREFIX}/*" for action in ("Read", "Write", "List")]
    identities = [_identity(KEY, ["Admin"]), _identity(TENANT, tenant)]
    (folder / "identities.json").write_text(json.dumps({"identities": identities}))
    server, ports = _started(folder)
    options = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3']}",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }
    try:
        yield options
    finally:
        _end(server)


def _started(folder: Path) -> tuple[subprocess.Popen[bytes], dict[str, int]]:
    """Start the server on ports of its own; if another program took one of them meanwhile, on others."""
    for start in range(1, _STARTS + 1):
        log = folder / f"log-{start}"
        ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
        server = _start(folder, folder / f"data-{start}", ports, log)
        try:
            if _makes_bucket(ports, server):
                return server, ports
        except BaseException:
            _end(server)
            raise
        _end(server)
        if "address already in use" not in log.read_text():
            break
    return pytest.fail(f"the S3 server did not come up:\n{log.read_text()[-3000:]}")


def _start(folder: Path, data: Path, ports: dict[str, int], log: Path) -> subprocess.Popen[bytes]:
    data.mkdir()
    grpc = {f"{name}.port.grpc": free_port() for name in ports}
    command = [
        str(Path(sys.executable).with_name("weed")),
        "server",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-filer",
        "-s3",
        f"-s3.config={folder / 'identities.json'}",
        f"-volume.max={_VOLUMES}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        *(f"-{name}.port={port}" for name, port in ports.items()),
        *(f"-{name}={port}" for name, port in grpc.items()),
    ]
    environment = os.environ | {"WEED_S3_SSE_KEK": _SEALING_KEY}
    with log.open("wb") as words:
        return subprocess.Popen(command, stdout=words, stderr=words, env=environment)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.kill()  # nothing there outlives the test, and it would wait for open connections
    server.wait()


def _identity(key: str, actions: list[str]) -> dict[str, object]:
    return {"name": key, "credentials": [{"accessKey": key, "secretKey": SECRET}], "actions": actions}


def _makes_bucket(ports: dict[str, int], server: subprocess.Popen[bytes]) -> bool:
    """Whether it came to have a bucket: a folder of the filer. That and the S3 gateway come up some seconds later."""
    deadline = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < deadline:
        try:
            made = httpx.post(f"http://127.0.0.1:{ports['filer']}/buckets/lake/")
            is_made = made.status_code in (201, 409)  # 409: there already, from a try before
            if is_made and httpx.get(f"http://127.0.0.1:{ports['s3']}/lake").status_code == 403:
                return True
        except httpx.HTTPError:
            pass  # not up yet
        time.sleep(0.2)
    return False
