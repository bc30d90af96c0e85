"""A real PostgreSQL server for tests, in a folder of its own, on a free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.free_port import free_port

_UNPRIVILEGED = ("postgres", "nobody")
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


class PostgresServer:
    """`url(database)` is for SQLAlchemy. `create()` makes an empty database and returns its URL."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, database: str) -> str:
        return f"postgresql://lorechat@127.0.0.1:{self.port}/{database}"

    def create(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a server until the block ends. It refuses to be run by root, so root runs it as somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="lorechat-postgres-"))
    user = _other_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    try:
        _run(user, "initdb", "-D", str(data), "-U", "lorechat", "-A", "trust", "-E", "UTF8", "--no-sync")
        port = free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        _run(user, "pg_ctl", "-D", str(data), "-w", "-t", "120", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield PostgresServer(port)
        finally:
            _run(user, "pg_ctl", "-D", str(data), "-w", "-t", "120", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(user: pwd.struct_passwd | None, program: str, *arguments: str) -> None:
    done = subprocess.run(
        [_program(program), *arguments],
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # a pipe would be kept open by the server
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, f"{program} failed with {done.returncode}"


def _program(name: str) -> str:
    for pattern in _PLACES:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if (folder / name).exists():
                return str(folder / name)
    found = shutil.which(name)
    assert found, f"{name} is not there: install PostgreSQL (Debian: apt-get install postgresql)"
    return found


def _other_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(names[name] for name in _UNPRIVILEGED if name in names)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind: a test with this fixture runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'chat' / 'chat.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create()
