"""A real index of a few small pages, and a real server that speaks the language of model providers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chat_app.settings import ChatSettings
from data_contracts.identity import content_id, text_hash
from data_contracts.passage import Passage
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from retrieval.models import load_embedder
from retrieval.vector_store import PassageBatch, ReleaseManifest
from tests.chat_app.browser import browser, open_chat  # noqa: F401 - fixtures of all browser tests
from tests.chat_app.running_chat import serve  # noqa: F401 - a fixture of all tests with a server
from tests.doubles.openai_double import ProviderDouble

SITE = "https://bees.example/keeping"
BODIES = {
    "Swarming": (
        "A colony swarms in late spring when the hive is too crowded. The old queen leaves with about half of the "
        "workers. Add a second brood box before the first warm week to prevent swarming."
    ),
    "Feeding": (
        "Feed sugar syrup in autumn if the hive holds less than fifteen kilograms of honey. Mix two parts of sugar "
        "with one part of water:\n\n```text\nsyrup = 2 * sugar + 1 * water\n```\n\nNever feed honey of unknown origin."
    ),
    "Smoking": (
        "Smoke calms bees because they fill up on honey when they smell fire. Use dry wood chips in the smoker, "
        "see the [list of fuels](https://bees.example/fuels) and [3] for more."
    ),
    "Winter": (
        "Bees form a cluster in winter and keep its centre at about thirty degrees. Leave the hive closed below ten "
        "degrees: every opening costs the colony warmth."
    ),
}


def make_passages(bodies: dict[str, str] = BODIES, *, source: str = "bees") -> list[Passage]:
    found = []
    for place, (heading, body) in enumerate(bodies.items()):
        prefix = f"Keeping bees > {heading}\n\n"
        found.append(
            Passage(
                chunk_id=content_id(source, heading, body),
                source=source,
                url=SITE,
                title="Keeping bees",
                heading_path=("Keeping bees", heading),
                anchor=heading.lower(),
                text=prefix + body,
                prefix_chars=len(prefix),
                start=place * 1000,
                end=place * 1000 + len(body),
                page_version_id=text_hash(source),
                markdown_hash=text_hash(source),
                text_hash=text_hash(prefix + body),
                fetched_at=datetime(2026, 5, 4, 12, 30, tzinfo=UTC),
            )
        )
    return found


@pytest.fixture(scope="session")
def models(pytestconfig: pytest.Config) -> Path:
    """A cache folder that is kept between runs, as a user's is: exporting takes 10 s."""
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("embedding-models")


@pytest.fixture(scope="session")
def embedder(models: Path) -> Embedder:
    return load_embedder(cache=models, threads=1)


@pytest.fixture(scope="session")
def passages() -> list[Passage]:
    return make_passages()


@pytest.fixture
def publish(embedder: Embedder, tmp_path: Path) -> Callable[..., ReleaseManifest]:
    """Build and promote a release in the test's own store."""

    def publish(
        bodies: dict[str, str] = BODIES, *, source: str = "bees", title: str = "Bee handbook", model_id: str = ""
    ) -> ReleaseManifest:
        found = make_passages(bodies, source=source)
        manifest = ReleaseManifest(
            source=source,
            release_id=content_id(model_id, *(passage.chunk_id for passage in found)),
            title=title,
            model_id=model_id or embedder.model_id,
            dimension=embedder.dimension,
            chunker_version="1",
            extractor_version="1",
            pages=1,
            chunks=len(found),
            built_at=datetime.now(UTC),
            starters=tuple(bodies),
        )
        store = LocalStore(tmp_path / "home" / "index")
        vectors = embedder.embed_passages([passage.text for passage in found])
        store.build(manifest, [PassageBatch(found, vectors)])
        store.promote(source, manifest.release_id)
        return manifest

    return publish


@pytest.fixture
def make_settings(tmp_path: Path, models: Path) -> Callable[..., ChatSettings]:
    """Settings of a laptop run in the test's folder, whatever this machine's environment says."""

    def make(**changes: object) -> ChatSettings:
        fixed: dict[str, object] = {"home": tmp_path / "home", "models": models, "openai_api_key": ""}
        return ChatSettings(_env_file=None, **(fixed | {"openai_base_url": ""} | changes))

    return make


@pytest.fixture
def provider() -> Iterator[ProviderDouble]:
    double = ProviderDouble(delay=0.005)
    yield double
    double.close()
