"""The chat's image, run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.containers.image_set import image_name
from tests.containers.podman import Podman
from tests.containers.waiting import wait_until
from tests.free_port import free_port


def settings(variables: Mapping[str, str]) -> list[str]:
    """Options of podman that set variables."""
    return [f"--env={name}={value}" for name, value in variables.items()]


@contextmanager
def chat(podman: Podman, home: Path, **variables: str) -> Iterator[tuple[str, str]]:
    """A chat in a container, ready to answer: its name and its address."""
    port = free_port()
    told = {"LORECHAT_CHAT_HOST": "127.0.0.1", "LORECHAT_CHAT_PORT": str(port), **variables}
    options = [f"--volume={home}:/state", *settings(told)]
    with podman.container(image_name("chat"), options=options) as name:
        address = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: is_ready(address), "the chat is not ready")
        except AssertionError:
            raise AssertionError(podman.logs(name)) from None
        yield name, address


def is_ready(address: str) -> bool:
    """Whether the chat at this address can answer."""
    try:
        return httpx.get(f"{address}/health/ready", timeout=30).status_code == 200
    except httpx.TransportError:
        return False
