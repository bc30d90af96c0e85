"""What the lake was told to forget, the chat's database forgets, too."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chat_app.store.erasing import Erasing
from data_contracts.erasure import WHOLE_SOURCE
from data_contracts.identity import text_hash
from lake import Lake
from lake.erased import keep_out

Call = tuple[str, frozenset[str] | None, datetime]


class Keeper:
    def __init__(self) -> None:
        self.told: list[Call] = []

    async def erase(self, source: str, url_hashes: Collection[str] | None, *, before: datetime) -> int:
        self.told.append((source, None if url_hashes is None else frozenset(url_hashes), before))
        return 1


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


async def test_nothing_is_done_where_nothing_was_erased(lake: Lake) -> None:
    keeper = Keeper()
    assert await Erasing(lake, [keeper]).follow() == 0
    assert keeper.told == []


async def test_every_keeper_hears_of_every_page_once(lake: Lake) -> None:
    keep_out(lake, "bees", ["https://bees.example/1", "https://bees.example/2"])
    keep_out(lake, "ants", ["https://ants.example/1"])
    keepers = [Keeper(), Keeper()]
    erasing = Erasing(lake, keepers)
    assert await erasing.follow() == 4
    hashes = {source: found for source, found, _ in keepers[0].told}
    assert hashes == {
        "bees": {text_hash("https://bees.example/1"), text_hash("https://bees.example/2")},
        "ants": {text_hash("https://ants.example/1")},
    }
    assert await erasing.follow() == 0
    assert len(keepers[1].told) == 2
    assert await erasing.follow(again=True) == 4
    keep_out(lake, "ants", ["https://ants.example/2"])
    assert await erasing.follow() == 4


async def test_a_whole_source_is_told_as_one(lake: Lake) -> None:
    keep_out(lake, "bees", ["https://bees.example/1", WHOLE_SOURCE])
    keeper = Keeper()
    await Erasing(lake, [keeper]).follow()
    assert [(source, hashes) for source, hashes, _ in keeper.told] == [("bees", None)]


async def test_a_page_that_was_let_in_again_keeps_what_was_said_of_it_since(lake: Lake) -> None:
    keep_out(lake, "bees", ["https://bees.example/1"])
    keep_out(lake, "bees", ["https://bees.example/1"], is_out=False)
    let_in = datetime.now(UTC)
    keeper = Keeper()
    await Erasing(lake, [keeper]).follow()
    [(_, hashes, before)] = keeper.told
    assert hashes == {text_hash("https://bees.example/1")}
    assert before <= let_in
