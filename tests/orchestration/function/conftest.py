"""The function in the test's own process, under the role that our stack gives it, and what it needs around it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.function.handler import Function
from orchestration.settings import PipelineSettings
from tests.ministack import Ministack, Principal
from tests.orchestration.function.place import HOST, Context, Place


@dataclass(frozen=True)
class Running:
    """A function that runs under a role, and the place that it works at."""

    function: Function
    place: Place
    role: Principal

    def __call__(self, *records: dict[str, Any], context: Context | None = None) -> list[dict[str, Any]]:
        """Deliver an event of S3; return what became of each object. Raises what the function raises."""
        done: list[dict[str, Any]] = self.function.handle({"Records": list(records)}, context or Context())["done"]
        return done


Start = Callable[..., Any]


@pytest.fixture(scope="module")
def place(ministack: Ministack) -> Place:
    """The module's own buckets, table and queue; the source `notes` takes drops, `crawled` takes none."""
    place = Place.make(ministack)
    place.add_source("notes")
    place.put("lake/sources/crawled.yaml", f"name: crawled\nstart_urls: [{HOST}/]\n", bucket=place.lake_bucket)
    return place


@pytest.fixture(scope="module")
def run(place: Place, prepared_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The function, ready for events."""
    with running(place, prepared_models, tmp_path_factory.mktemp("home")) as function:
        yield function


@contextmanager
def running(place: Place, models: Path, home: Path, *, endpoint: str = "", **variables: str) -> Iterator[Running]:
    """Run the function with the environment that it has in AWS; `endpoint` leads to its S3."""
    role = place.role()
    before = dict(os.environ)
    os.environ.update(place.environment(role, models, home, endpoint) | variables)
    try:
        yield Running(Function.open(PipelineSettings()), place, role)
    finally:
        os.environ.clear()
        os.environ.update(before)


def page(title: str, url: str = "") -> str:
    """A page about a subject; `url` is what it calls its own address."""
    head = f'<link rel="canonical" href="{url}">' if url else ""
    text = f"Whoever cares for {title} begins with patience and two good ropes. " * 6
    return (
        f'<!doctype html><html lang="en"><head><title>All about {title}</title>{head}</head>'
        f"<body><main><h1>All about {title}</h1><p>{text}</p></main></body></html>"
    )


def lines(*rows: dict[str, Any] | bytes) -> bytes:
    """Lines of JSON; bytes are taken as they are."""
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)
