"""Requests that wait as long as a slow machine takes: the first question loads what asks models."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import httpx

_SECONDS = 120.0


def get(url: str, **more: Any) -> httpx.Response:
    return httpx.get(url, timeout=_SECONDS, **more)


def post(url: str, **more: Any) -> httpx.Response:
    return httpx.post(url, timeout=_SECONDS, **more)


def stream(method: str, url: str, **more: Any) -> AbstractContextManager[httpx.Response]:
    return httpx.stream(method, url, timeout=_SECONDS, **more)
