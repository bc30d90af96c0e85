"""Counts what goes on at the same time."""

from __future__ import annotations

import asyncio


class Count:
    """`with count:` is one more while the block lasts; `none()` waits until there is none."""

    def __init__(self) -> None:
        self._number = 0
        self._none = asyncio.Event()
        self._none.set()

    def __enter__(self) -> None:
        self._number += 1
        self._none.clear()

    def __exit__(self, *_: object) -> None:
        self._number -= 1
        if self._number == 0:
            self._none.set()

    async def none(self) -> None:
        await self._none.wait()
