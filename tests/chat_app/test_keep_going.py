"""Work behind the answers is begun again when it fails."""

from __future__ import annotations

import asyncio

import pytest

from chat_app.keep_going import keep_going


async def test_work_that_fails_is_begun_again_until_it_is_done(caplog: pytest.LogCaptureFixture) -> None:
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise KeyError("nobody thought of this")

    await keep_going(work, again_seconds=0)
    assert begun == 3
    assert caplog.text.count("is begun again") == 2


async def test_work_that_is_cancelled_is_not_begun_again() -> None:
    begun: asyncio.Queue[None] = asyncio.Queue()

    async def work() -> None:
        begun.put_nowait(None)
        await asyncio.Event().wait()

    task = asyncio.create_task(keep_going(work, again_seconds=0))
    await begun.get()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert begun.empty()
