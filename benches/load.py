"""A test of load against a chat that runs somewhere: `python -m benches.load https://chat.example.com --questions 200`.

It asks as programs do, through the door that speaks OpenAI's chat completions, with the API key in LORECHAT_KEY, and
takes turns between the websites that the key opens. It never asks more than it was told, in number and in time, and its
price is that of the answers. Exit status 1: something failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx
import numpy as np

MOST_QUESTIONS, MOST_AT_ONCE, MOST_MINUTES = 5_000, 200, 30
_ASKED = (
    "How do I begin?",
    "What can be configured, and where?",
    "What do I do when it does not work?",
    "How do I bring it to a new version?",
    "Where is the data kept?",
)
_PATIENCE = httpx.Timeout(120.0, connect=20.0)


@dataclass
class Load:
    """What was seen. Seconds until the first piece of an answer, and until it was whole; reasons of failures."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    unasked: int = 0
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """Return the figures for people."""
        said = [f"{len(self.whole)} answers in {self.seconds:.0f} s, {sum(self.failed.values())} failed"]
        for name, waited in (("first piece", self.first), ("whole answer", self.whole)):
            if waited:
                p50, p95 = np.percentile(waited, (50, 95))
                said.append(f"{name}: p50 {p50:.2f} s, p95 {p95:.2f} s, longest {max(waited):.2f} s")
        said += [f"failed {count} times: {reason}" for reason, count in self.failed.most_common()]
        if self.unasked:
            said.append(f"{self.unasked} were not asked")
        return said


async def put_under_load(
    address: str, key: str, *, questions: int, at_once: int, seconds: float, asked: Sequence[str] = _ASKED
) -> Load:
    """Ask, `at_once` questions at a time, until all are asked or the time is over; no answer is waited for longer."""
    load, waiting = Load(), list(range(questions))
    headers = {"authorization": f"Bearer {key}"} if key else {}
    began = time.monotonic()

    async def asker(client: httpx.AsyncClient, websites: Sequence[str]) -> None:
        while waiting:
            number = waiting.pop(0)
            await _ask(client, websites[number % len(websites)], asked[number % len(asked)], load)

    async with httpx.AsyncClient(
        base_url=address, headers=headers, timeout=_PATIENCE, limits=httpx.Limits(max_connections=at_once)
    ) as client:
        websites = await _websites(client, load)
        if not websites:
            load.unasked = questions
            return load
        askers = [asyncio.create_task(asker(client, websites)) for _ in range(min(at_once, questions))]
        _, late = await asyncio.wait(askers, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    load.unasked, load.seconds = len(waiting), time.monotonic() - began
    if late:
        load.failed["no whole answer when the time was over"] += len(late)
    return load


async def _websites(client: httpx.AsyncClient, load: Load) -> list[str]:
    """Names of the websites that may be asked; none with the reason among the failures."""
    try:
        said = await client.get("/v1/models")
        said.raise_for_status()
        found = [str(model["id"]) for model in said.json()["data"]]
    except (httpx.HTTPError, ValueError) as error:
        load.failed[f"the websites cannot be listed: {error}".splitlines()[0]] += 1
        return []
    if not found:
        load.failed["no website can be asked with this key"] += 1
    return found


async def _ask(client: httpx.AsyncClient, website: str, question: str, load: Load) -> None:
    body = {"model": website, "stream": True, "messages": [{"role": "user", "content": question}]}
    began, first = time.monotonic(), 0.0
    try:
        async with client.stream("POST", "/v1/chat/completions", json=body) as answer:
            if answer.status_code != 200:
                text = (await answer.aread()).decode(errors="replace")
                load.failed[f"HTTP {answer.status_code}: {text[:120]}"] += 1
                return
            async for line in answer.aiter_lines():
                if line == "data: [DONE]":
                    load.first.append(first or time.monotonic() - began)
                    load.whole.append(time.monotonic() - began)
                    return
                if not first and _has_text(line):
                    first = time.monotonic() - began
        load.failed["the stream ended before the answer"] += 1
    except httpx.HTTPError as error:
        load.failed[f"{type(error).__name__}: {error}"[:120]] += 1


def _has_text(line: str) -> bool:
    if not line.startswith("data: {"):
        return False
    choices = json.loads(line.removeprefix("data: ")).get("choices") or [{}]
    return bool(choices[0].get("delta", {}).get("content"))


def main(arguments: Sequence[str]) -> int:
    """Print what was seen."""
    parser = argparse.ArgumentParser(prog="python -m benches.load", description="Put a chat under load.")
    parser.add_argument("address", help="as https://chat.example.com; the API key comes from LORECHAT_KEY")
    parser.add_argument("--questions", type=_up_to(MOST_QUESTIONS), default=100)
    parser.add_argument("--at-once", type=_up_to(MOST_AT_ONCE), default=10)
    parser.add_argument("--minutes", type=_up_to(MOST_MINUTES), default=5)
    parser.add_argument("--ask", action="append", help="a question; several take turns")
    given = parser.parse_args(arguments)
    load = asyncio.run(
        put_under_load(
            given.address,
            os.environ.get("LORECHAT_KEY", ""),
            questions=given.questions,
            at_once=given.at_once,
            seconds=60.0 * given.minutes,
            asked=given.ask or _ASKED,
        )
    )
    sys.stdout.write("\n".join(load.lines()) + "\n")
    return 1 if load.failed else 0


def _up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not 1 <= value <= most:
            raise argparse.ArgumentTypeError(f"must be from 1 to {most}")
        return value

    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
