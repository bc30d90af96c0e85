"""An AWS account on loopback for the suites that need one; `tests/conftest.py` makes its fixture known to all.

ministack is a program of its own that speaks AWS's protocols: it runs functions as processes under their roles, sends
S3's notifications, retries, and refuses what a policy does not allow. What it stands in for, and what it cannot do,
is said in docs/contributing.md.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from tests.certificate import Certificate, make_certificate
from tests.free_port import free_port

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
ACCOUNT = "000000000000"

_PROGRAM = ROOT / ".venv" / "ministack" / "bin" / "python"
_KEY, _SECRET = "test", "test"  # ministack's name for the account's root user
# The end of its input says that the test process is gone, however it went; functions are of the same process group.
_MAIN = """
import os, signal, sys, threading
def watch():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=watch, daemon=True).start()
from ministack import app
app._port_is_bindable = lambda *_: False  # with TLS it would take port 443 as well
sys.argv = ["ministack"]
app.main()
"""


@dataclass(frozen=True, slots=True)
class Principal:
    """A role or user of the account, and a session that acts as it."""

    arn: str
    session: boto3.Session


@dataclass(frozen=True, slots=True)
class Ministack:
    """A running account. `endpoint` is its address, with an IP, since names of buckets must not be put before it."""

    endpoint: str
    folder: Path
    """What it and its functions keep; `log` is its own log."""
    certificate: Certificate | None = None
    """By which it is trusted, where it is reached by TLS."""

    def environment(self) -> dict[str, str]:
        """Return the variables with which any AWS SDK, and the cdk command, act as the account's root user."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            **(self.certificate.trust() if self.certificate else {}),
        }

    def session(self) -> boto3.Session:
        """Return a session of the root user, whom nothing is refused."""
        return boto3.Session(aws_access_key_id=_KEY, aws_secret_access_key=_SECRET, region_name=REGION)

    def client(self, service: str, principal: Principal | None = None) -> Any:
        """Return a client of a service, such as `s3`, that acts as `principal` (None: the root user)."""
        session = principal.session if principal else self.session()
        config = Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "max_attempts": 3})
        trusted = str(self.certificate.authority) if self.certificate else None
        return session.client(service, endpoint_url=self.endpoint, config=config, verify=trusted)

    def role_with(self, *statements: Mapping[str, Any], service: str = "lambda.amazonaws.com") -> Principal:
        """Make a role that may do what the statements of its policy say, and that `service` may take, too."""
        name = f"role-{uuid.uuid4().hex[:12]}"
        trust = {"AWS": f"arn:aws:iam::{ACCOUNT}:root", "Service": service}
        iam = self.client("iam")
        arn = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=_policy({"Effect": "Allow", "Principal": trust, "Action": "sts:AssumeRole"}),
        )["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=_policy(*statements))
        return self.assume(arn)

    def assume(self, role: str) -> Principal:
        """Return a session that acts as the role with this ARN. Its trust policy must admit the account's root."""
        given = self.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        session = boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=REGION,
        )
        return Principal(role, session)

    def user_with(self, *statements: Mapping[str, Any]) -> Principal:
        """Make a user who may do what the statements of its policy say."""
        name = f"user-{uuid.uuid4().hex[:12]}"
        iam = self.client("iam")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=_policy(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        session = boto3.Session(
            aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], region_name=REGION
        )
        return Principal(arn, session)


def allow(*actions: str, on: str | tuple[str, ...] = "*") -> dict[str, Any]:
    """Return the statement of a policy that allows actions on resources, given by ARN."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": [on] if isinstance(on, str) else list(on)}


@pytest.fixture(scope="session")
def ministack() -> Iterator[Ministack]:
    """An account in which nobody but the root user may do anything. Tests of one process share it: name things anew."""
    with ministack_server() as server:
        yield server


@contextmanager
def ministack_server(environment: Mapping[str, str] | None = None, *, tls: bool = False) -> Iterator[Ministack]:
    """Run an account of one's own, with further variables. Buckets that refuse everything but TLS, as those of our
    stacks do, need `tls`. Tasks of ECS and databases are only written down there: without Docker's client it starts
    none. (`tests/containers/container_tasks.py` gives it one.)"""
    if not _PROGRAM.exists():
        pytest.fail("ministack is not installed: sh infra/setup/test_programs.sh")
    folder = Path(tempfile.mkdtemp(prefix="lorechat-ministack-"))
    port = free_port()
    certificate = make_certificate(folder) if tls else None
    endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    # Functions inherit what the server has: nothing of the caller's but where programs are.
    told = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",  # what it calls itself, in the addresses of queues
        "GATEWAY_PORT": str(port),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true",
        **(_tls(certificate) if certificate else {}),
        **(environment or {}),
    }
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [str(_PROGRAM), "-c", _MAIN],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=told,
            cwd=folder,
            start_new_session=True,
        )
    try:
        started = Ministack(endpoint, folder, certificate)
        _wait(server, started)
        yield started
    finally:
        # The process group, which is the server's own, holds its functions as well.
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        if server.stdin:
            server.stdin.close()
        shutil.rmtree(folder, ignore_errors=True)


def _tls(certificate: Certificate) -> dict[str, str]:
    own = {"MINISTACK_SSL_CERT": str(certificate.certificate), "MINISTACK_SSL_KEY": str(certificate.key)}
    return {"USE_SSL": "1", **own, **certificate.trust()}


def _wait(process: subprocess.Popen[bytes], server: Ministack) -> None:
    context = ssl.create_default_context(cafile=server.certificate.authority) if server.certificate else True
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{server.endpoint}/_ministack/health", verify=context).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"ministack did not come up:\n{(server.folder / 'log').read_text()[-3000:]}")


def _policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
