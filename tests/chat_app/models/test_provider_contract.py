"""What every provider of language models does, asked over real HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from chat_app.answerer import Usage
from chat_app.error import ModelUnknown, ProviderBusy, ProviderDown, ProviderError, ProviderRefused, ProviderSilent
from chat_app.models.text_stream import stream_text
from tests.chat_app.models.conftest import PATIENCE, Rig

pytestmark = pytest.mark.slow


async def asked(rig: Rig, name: str, *, silence_seconds: float = PATIENCE) -> tuple[list[str], Usage | None]:
    """The pieces of an answer, and what it used."""
    said: list[str] = []
    used = None
    request = stream_text(
        rig.connection,
        rig.model(name),
        "Answer.",
        "Why?",
        most_output_tokens=77,
        silence_seconds=silence_seconds,
    )
    async for piece in request:
        if isinstance(piece, Usage):
            used = piece
        else:
            said.append(piece)
    return said, used


async def test_text_comes_in_pieces(rig: Rig) -> None:
    said, _ = await asked(rig, "good")
    assert "".join(said) == rig.double.text
    assert len(said) > 2


async def test_tokens_are_told_with_those_from_the_cache(rig: Rig) -> None:
    _, used = await asked(rig, "good")
    assert used == Usage(120, 9, 20)


async def test_a_provider_that_does_not_count_tells_nothing(rig: Rig) -> None:
    said, used = await asked(rig, "uncounted")
    assert "".join(said) == rig.double.text
    assert used is None


async def test_rules_question_and_limit_are_sent(rig: Rig) -> None:
    await asked(rig, "good")
    body = str(rig.double.asked[0])
    assert "Answer." in body
    assert "Why?" in body
    assert "77" in body
    assert "reasoning" not in body


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("401", ProviderRefused, "refused the key"),
        ("429", ProviderBusy, "limits how often"),
        ("404", ModelUnknown, "does not know the model"),
        ("500", ProviderError, "answered 500"),
        ("503", ProviderError, "answered 503"),
        ("broken", ProviderDown, "broke off"),
        ("error", ProviderError, "failed"),
    ],
)
async def test_each_failure_has_its_own_words(rig: Rig, name: str, error: type[ProviderError], words: str) -> None:
    with pytest.raises(error, match=words):
        await asked(rig, name)


@pytest.mark.parametrize("name", ["silent", "stalls"])
async def test_silence_at_the_beginning_and_in_the_middle_ends_the_request(rig: Rig, name: str) -> None:
    """Bedrock's SDK waits for the beginning of an answer in a thread that nothing can end but its own time-out."""
    hasty = replace(rig, connection=rig.connect(silence_seconds=0.3))
    await hasty.connection.opened(rig.model(name))
    with pytest.raises(ProviderSilent, match="did not answer in time"):
        await asked(hasty, name, silence_seconds=0.3)
    await hasty.connection.aclose()
    was_sent = bool(rig.double.asked)  # a very slow machine gives up before
    assert not was_sent or await asyncio.to_thread(rig.double.wait_for_disconnects)


async def test_a_throttle_says_when_to_ask_again(rig: Rig) -> None:
    with pytest.raises(ProviderBusy) as caught:
        await asked(rig, "throttled-long")
    assert caught.value.retry_after == 3600


async def test_a_model_that_says_nothing_ends_properly(rig: Rig) -> None:
    said, _ = await asked(rig, "empty")
    assert "".join(said) == ""


async def test_who_stops_listening_closes_the_connection(rig: Rig) -> None:
    request = stream_text(
        rig.connection, rig.model("stalls"), "Answer.", "Why?", most_output_tokens=77, silence_seconds=PATIENCE
    )
    assert await anext(request)
    await request.aclose()
    assert await asyncio.to_thread(rig.double.wait_for_disconnects)


async def test_a_cancelled_task_closes_the_connection(rig: Rig) -> None:
    task = asyncio.create_task(asked(rig, "stalls"))
    assert await asyncio.to_thread(rig.double.wait_for_requests)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(rig.double.wait_for_disconnects)


@pytest.mark.parametrize("name", ["401", "403", "404", "429", "500", "error", "broken"])
async def test_no_failure_tells_an_account_a_key_or_an_address(
    rig: Rig, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ProviderError) as caught:
        await asked(rig, name)
    for secret in ("123456789012", "arn:", "sk-", "127.0.0.1"):
        assert secret not in str(caught.value)
    for secret in ("123456789012", "arn:", "sk-secret"):
        assert secret not in caplog.text


async def test_a_hundred_answers_stream_at_the_same_time(rig: Rig) -> None:
    rig.double.delay = 0.01
    answers = await asyncio.gather(*(asked(rig, "good") for _ in range(100)))
    assert all("".join(said) == rig.double.text for said, _ in answers)


async def test_waiting_answers_leave_the_threads_of_others_alone(rig: Rig) -> None:
    from anyio.to_thread import current_default_thread_limiter, run_sync

    tokens = current_default_thread_limiter().total_tokens
    waiting = [asyncio.create_task(asked(rig, "silent")) for _ in range(60)]
    assert await asyncio.to_thread(rig.double.wait_for_requests, len(waiting))
    assert await run_sync(lambda: "done") == "done"
    assert await asyncio.to_thread(lambda: "done") == "done"
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert current_default_thread_limiter().total_tokens == tokens
