"""What the chat adds before the model's first token, what fails, and what an open page costs.

One server process on two cores answers real websockets; the model is a double in a process of its own that notes when
it is asked. Overhead is the time from sending a question to the model being asked: the way to the server, search,
prompt and the request to the model. First one person asks 40 questions, one after the other; then 200 pages are open
and ask 300 questions, each page at its own random moments of a minute, five questions a second together: more often
than people ask who read what they are answered.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benches.chat_session import ChatSession
from benches.figure import Figure
from benches.overhead_model import TEXT
from benches.overhead_site import build_site

SESSIONS = 200
TURNS = 300
ALONE = 40
_WARM = 5
_SECONDS = 60.0
_ASKED = (
    "How does a recrawl work?",
    "What makes a page disappear from the index?",
    "How do I change a setting?",
    "Where does the lake lie when it is in S3?",
    "How do I go back to an earlier release?",
)


def run(data: Path) -> list[Figure]:
    """Measure; `data` is not needed."""
    del data
    with tempfile.TemporaryDirectory() as home, _model() as model, _server(Path(home), model) as (address, pid):
        return asyncio.run(_measured(address, pid, model))


async def _measured(address: str, pid: int, model: str) -> list[Figure]:
    marks = iter(range(1_000_000))
    async with asyncio.timeout(900):
        opened = await _memory(address, pid)
        for _ in range(_WARM):
            await _alone(address, next(marks))
        alone = [await _alone(address, next(marks)) for _ in range(ALONE)]
        sessions = [await ChatSession.open(address) for _ in range(SESSIONS)]
        used = _cpu_seconds(pid)
        together = await _together(sessions, marks)
        used = _cpu_seconds(pid) - used
        await asyncio.gather(*(session.close() for session in sessions))
    arrivals = {int(mark): second for mark, second in _asked(f"{model}/arrivals").items()}
    shown = float(np.median(list(_asked(f"{model}/prompts").values())))
    return [
        *_figures(alone, together, arrivals),
        Figure("memory per open page", opened / 1000, "KB", "<= 150"),
        Figure("CPU time of a question, 200 pages", 1000 * used / len(together), "ms"),
        Figure("shown to the model, p50", shown, "characters"),
    ]


async def _memory(address: str, pid: int) -> float:
    """Bytes that a page takes beyond the first quarter of them. Measured before anything else, while the server has
    no freed memory left that pages could be put into."""
    first = [await ChatSession.open(address) for _ in range(SESSIONS // 4)]
    await _settled()
    before = _resident(pid)
    rest = [await ChatSession.open(address) for _ in range(SESSIONS - len(first))]
    await _settled()
    grown = _resident(pid) - before
    await asyncio.gather(*(session.close() for session in [*first, *rest]))
    return grown / len(rest)


def _figures(
    alone: Sequence[tuple[int, float, str]], together: Sequence[tuple[int, float, str]], arrivals: dict[int, float]
) -> list[Figure]:
    failed = sum(not _is_whole(said) or mark not in arrivals for mark, _, said in [*alone, *together])
    figures = []
    for name, turns, goals in (
        ("1 person", alone, ("<= 40", "<= 120")),
        (f"{SESSIONS} pages", together, ("", "<= 500")),
    ):
        waited = [1000 * (arrivals[mark] - sent) for mark, sent, _ in turns if mark in arrivals]
        for part, goal in zip((50, 95), goals, strict=True):
            figures.append(Figure(f"overhead, {name}, p{part}", float(np.percentile(waited, part)), "ms", goal))
    return [*figures, Figure(f"failed turns of {len(alone) + len(together)}", float(failed), "turns", "<= 0")]


def _is_whole(said: str) -> bool:
    return TEXT.split("[")[0].strip() in said and "model" in said


async def _alone(address: str, mark: int) -> tuple[int, float, str]:
    session = await ChatSession.open(address)
    turn = await _turn(session, mark)
    await session.close()
    return turn


async def _turn(session: ChatSession, mark: int) -> tuple[int, float, str]:
    sent = await session.ask(f"{_ASKED[mark % len(_ASKED)]} (mark{mark})")
    return mark, sent, session.said


async def _together(sessions: Sequence[ChatSession], marks: Iterator[int]) -> list[tuple[int, float, str]]:
    """Every page asks once, half of them a second time, at random moments of a minute."""
    chance = random.Random(7)

    async def ask(session: ChatSession, moments: Sequence[float], began: float) -> list[tuple[int, float, str]]:
        turns = []
        for moment in sorted(moments):
            await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
            turns.append(await _turn(session, next(marks)))
        return turns

    counts = [1 + (place < TURNS - len(sessions)) for place in range(len(sessions))]
    moments = [[chance.uniform(0, _SECONDS) for _ in range(count)] for count in counts]
    began = time.monotonic()
    found = await asyncio.gather(*(ask(one, when, began) for one, when in zip(sessions, moments, strict=True)))
    return [turn for turns in found for turn in turns]


async def _settled() -> None:
    """Give the server time for what it does after a page has opened."""
    await asyncio.sleep(3)


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _cpu_seconds(pid: int) -> float:
    """Time that the cores spent on a process, in itself and in the kernel for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _asked(address: str) -> dict[str, float]:
    with urllib.request.urlopen(address, timeout=30) as answer:
        found: dict[str, float] = json.load(answer)
        return found


@contextmanager
def _model() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", "benches.overhead_model"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def _server(home: Path, model: str) -> Iterator[tuple[str, int]]:
    """Run the chat on the site, on two cores, until it is ready; yield its address and process."""
    from chat_app.settings import ChatSettings

    models = ChatSettings().models_folder
    _build(home, models)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LORECHAT_", "OPENAI_"))}
    own = {
        "LORECHAT_HOME": str(home),
        "LORECHAT_MODELS": str(models),
        "LORECHAT_CHAT_PORT": str(port),
        "LORECHAT_CHAT_MODEL": "model",
        "LORECHAT_QUESTIONS_PER_MINUTE": "1000000",
        "OPENAI_BASE_URL": f"{model}/v1",
    }
    process = subprocess.Popen([sys.executable, "-m", "chat_app"], env=kept | own)
    os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:2])
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(f"{address}/health/ready", process)
        yield address, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _build(home: Path, models: Path) -> None:
    from retrieval.models import load_embedder

    build_site(home, load_embedder(cache=models, threads=1))


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError("the chat ended by itself")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    raise RuntimeError("the chat was not ready in two minutes")
