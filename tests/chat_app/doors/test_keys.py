"""Keys, in a database of each kind, and the command that makes them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from chat_app.doors.api_key import PREFIX
from chat_app.doors.key_rate import KeyRates
from chat_app.doors.key_ring import KeyRing
from chat_app.doors.refusal import Refused
from chat_app.doors.schema import api_keys
from chat_app.error import ChatError
from chat_app.settings import PROJECT
from chat_app.store.database import Database, open_database

pytestmark = pytest.mark.slow


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = open_database(database_url)
    await opened.migrate()
    yield opened
    await opened.close()


async def test_a_secret_finds_its_key_and_is_not_kept(database: Database) -> None:
    ring = KeyRing(database)
    end = datetime.now(UTC) + timedelta(days=1)
    secret = await ring.add("site", sources=["b", "a", "b"], per_minute=7, daily_dollars=0.5, expires_at=end)
    key = await ring.find(secret)
    assert key is not None
    assert (key.name, key.sources, key.per_minute, key.daily_dollars) == ("site", {"a", "b"}, 7, 0.5)
    assert key.expires_at == end
    async with database.connection() as connection:
        kept = (await connection.execute(select(api_keys))).one()
    assert secret not in map(str, kept)
    assert secret.startswith(PREFIX)
    assert secret.startswith(key.shown)
    assert len(key.shown) < len(secret) / 3


async def test_a_key_ends_when_it_expires_or_is_revoked(database: Database) -> None:
    ring = KeyRing(database)
    await ring.add("old", expires_at=datetime.now(UTC))
    secret = await ring.add("new")
    assert await ring.revoke("new")
    assert not await ring.revoke("new")
    states = {key.name: key.state(datetime.now(UTC)) for key in await ring.all()}
    assert states == {"old": "expired", "new": "revoked"}
    found = await ring.find(secret)
    assert found is not None
    assert found.sources is None


async def test_two_keys_never_have_one_name(database: Database) -> None:
    ring = KeyRing(database)
    await ring.add("site")
    with pytest.raises(ChatError, match="Choose another name"):
        await ring.add("site")


def test_a_key_may_ask_again_as_time_passes() -> None:
    now = [0.0]
    rates = KeyRates(clock=lambda: now[0])
    for _ in range(2):
        rates.take("one", 2)
    with pytest.raises(Refused) as refused:
        rates.take("one", 2)
    assert refused.value.retry_after == 30
    rates.take("another", 2)
    now[0] = 30.0
    rates.take("one", 2)


def test_the_command_makes_lists_and_revokes_keys(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LORECHAT_")}

    def lorechat(*arguments: str) -> tuple[int, str]:
        program = str(Path(sys.executable).with_name("lorechat"))
        done = subprocess.run(
            [program, "keys", *arguments],
            capture_output=True,
            text=True,
            cwd=PROJECT,
            env=kept | {"LORECHAT_HOME": str(tmp_path)},
        )
        return done.returncode, done.stdout

    code, secret = lorechat("add", "site", "--source", "handbook", "--per-minute", "5", "--expires", "2099-01-01")
    assert code == 0
    assert secret.startswith(PREFIX)
    _, listed = lorechat("list")
    assert "valid until 2099-01-01  handbook  5 a minute" in listed
    assert secret.strip() not in listed
    assert lorechat("revoke", "site")[0] == 0
    assert lorechat("revoke", "site")[0] == 1
    assert lorechat("add", "late", "--expires", "2020-01-01")[0] == 2
