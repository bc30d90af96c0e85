"""A chat as people run it: `python -m chat_app`, a process of its own on a free loopback port."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from chat_app.settings import PROJECT
from tests.free_port import free_port

_PATIENCE_SECONDS = 300


@dataclass
class RunningChat:
    """A server process. `environment` is what it was started with: `start_chat` with the same one starts it again."""

    address: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    def status(self, kind: str) -> str:
        """What `/health/<kind>` says, or why it cannot be asked now."""
        try:
            with urllib.request.urlopen(f"{self.address}/health/{kind}", timeout=10) as answer:
                return str(json.load(answer)["status"])
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode(errors="replace")
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            return str(error)

    def wait_until(self, state: str) -> None:
        """Wait for "live" or "ready"."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while (said := self.status(state)) != state:
            assert self.process.poll() is None, "the server ended"
            assert time.monotonic() < until, f"the server was not {state} in {_PATIENCE_SECONDS} s: {said}"
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as a lost machine ends: without a word."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it as an operator does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


def start_chat(home: Path, models: Path, state: str = "ready", **more: str) -> RunningChat:
    """Start a chat and wait until it is in a state. `more` are settings by their whole names (`LORECHAT_...`), which
    win over this machine's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LORECHAT_", "OPENAI_"))}
    port = more.get("LORECHAT_CHAT_PORT") or str(free_port())
    settings = {"LORECHAT_HOME": str(home), "LORECHAT_MODELS": str(models), "LORECHAT_CHAT_PORT": port}
    environment = kept | settings | more
    process = subprocess.Popen([sys.executable, "-m", "chat_app"], cwd=PROJECT, env=environment)
    chat = RunningChat(f"http://127.0.0.1:{port}", environment, process)
    try:
        chat.wait_until(state)
    except BaseException:
        chat.stop()
        raise
    return chat


class Serve(Protocol):
    """Starts a chat on the test's home; several calls are several replicas of it."""

    def __call__(self, state: str = "ready", **more: str) -> RunningChat: ...


@pytest.fixture
def serve(tmp_path: Path, models: Path) -> Iterator[Callable[..., RunningChat]]:
    """Start chats that end with the test: `serve(LORECHAT_LOGIN="password")`."""
    with ExitStack() as running:

        def start(state: str = "ready", **more: str) -> RunningChat:
            chat = start_chat(tmp_path / "home", models, state, **more)
            running.callback(chat.stop)
            return chat

        yield start
