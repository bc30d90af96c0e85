"""Several requests at once: where one of them fails, or nobody waits any more, the others end as well.

With `asyncio.gather` alone they would go on: beyond the time that a person waits for, and on a closed client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

One = TypeVar("One")
Other = TypeVar("Other")


async def both(one: Coroutine[Any, Any, One], other: Coroutine[Any, Any, Other]) -> tuple[One, Other]:
    """Return both results. Errors: those of the first that fails."""
    tasks = asyncio.create_task(one), asyncio.create_task(other)
    try:
        return await asyncio.gather(*tasks)
    finally:
        _end(tasks)


async def all_of(work: Iterable[Coroutine[Any, Any, One]]) -> list[One]:
    """Return all results, in order. Errors: those of the first that fails."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        _end(tasks)


def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
