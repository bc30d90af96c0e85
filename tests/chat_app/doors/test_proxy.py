"""Streams through a real nginx, with the buffering that it comes with."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from retrieval.vector_store import ReleaseManifest
from tests.chat_app.doors import patient
from tests.doubles.openai_double import ProviderDouble
from tests.free_port import free_port

pytestmark = pytest.mark.slow

QUESTION = "When does a colony swarm?"
FIRST = "Swarms leave in late spring [1]. "
REST = "The old queen leaves with half of the workers [1]."
Publish = Callable[..., ReleaseManifest]


class WaitingModel(ProviderDouble):
    """Streams the first half, and the second only when the test has seen the first."""

    def __init__(self) -> None:
        self.is_seen = threading.Event()
        super().__init__()
        self.text = FIRST + REST

    async def pause(self, place: int) -> None:
        if place * 7 > len(FIRST):
            await asyncio.to_thread(self.is_seen.wait, 120)


@pytest.fixture
def model() -> Iterator[WaitingModel]:
    double = WaitingModel()
    yield double
    double.is_seen.set()
    double.close()


@pytest.fixture
def behind_nginx(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Put a proxy that ends what is silent for three seconds before an address; return the proxy's."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/bin")
    assert program is not None, "needs nginx: sh infra/setup/test_programs.sh"
    running: list[subprocess.Popen[bytes]] = []

    def start(address: str) -> str:
        port, folder = free_port(), tmp_path / "nginx"
        folder.mkdir()
        temporary = "".join(
            f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}} http {{ access_log off; "
            f"{temporary} gzip on; gzip_types text/event-stream; server {{ listen 127.0.0.1:{port}; "
            f"location / {{ proxy_pass {address}; proxy_http_version 1.1; proxy_read_timeout 3s; }} }} }}"
        )
        running.append(subprocess.Popen([program, "-c", str(folder / "nginx.conf"), "-p", str(folder)]))
        _wait_for(f"http://127.0.0.1:{port}/health/live")
        return f"http://127.0.0.1:{port}"

    yield start
    for process in running:
        process.terminate()
        process.wait(20)


def _wait_for(address: str) -> None:
    transport = httpx.HTTPTransport(retries=50)
    with httpx.Client(transport=transport) as client:
        client.get(address).raise_for_status()


@pytest.mark.parametrize("path", ["/api/answer", "/v1/chat/completions"])
def test_pieces_come_one_by_one_and_a_silent_model_does_not_end_the_stream(
    publish: Publish,
    open_doors: Callable[..., Any],
    model: WaitingModel,
    behind_nginx: Callable[[str], str],
    path: str,
) -> None:
    """The model waits until the reader has both the first half of the answer and, long after nginx would have given
    up, five signs of life: nothing of that could reach the reader if the proxy kept the stream back or ended it."""
    publish()
    doors = open_doors(
        openai_base_url=model.url, chat_model="good", heartbeat_seconds=1.0, chat_timeout=120, doors="open"
    )
    address = behind_nginx(doors.address)
    messages = [{"role": "user", "content": QUESTION}]
    body = {"question": QUESTION} if path == "/api/answer" else {"model": "bees", "messages": messages, "stream": True}
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "gzip"}
    text, beats = "", 0
    with patient.stream("POST", f"{address}{path}", json=body, headers=headers) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            text += line if line.startswith("data: ") else ""
            beats += line == ": keep-alive"
            if "Swarms" in text and beats >= 5:
                model.is_seen.set()
    assert model.is_seen.is_set()
    assert "workers" in text
