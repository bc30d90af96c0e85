"""Small requests beside the answer, as making a follow-up stand alone: whole, paid for, or done without."""

from __future__ import annotations

import pytest

from chat_app.answerer import Usage
from tests.chat_app.models.conftest import QUESTION, Purse, Rig, chain_of

pytestmark = pytest.mark.slow


async def test_a_small_request_is_answered_whole(rig: Rig) -> None:
    purse = Purse()
    chain = chain_of(rig.model("500"), rig.model("good"), connections={rig.kind: rig.connection}, purse=purse)
    completion = await chain.complete("Condense.", "And why?", question=QUESTION, most_output_tokens=60, seconds=60)
    assert completion is not None
    assert completion.text == rig.double.text
    assert completion.model == "Good"
    assert completion.cost == 0.5
    assert purse.settled == [("good", Usage(120, 9, 20))]


@pytest.mark.parametrize("name", ["500", "broken", "stalls", "empty"])
async def test_a_small_request_that_fails_is_done_without(rig: Rig, name: str) -> None:
    chain = chain_of(rig.model(name), connections={rig.kind: rig.connection})
    assert await chain.complete("s", "u", question=QUESTION, seconds=0.5) is None
