"""Pages as `read_page` shows them: from the lake, in parts, only those of live releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.doors.page_text import page_part
from lake import Lake
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from retrieval.vector_store import ReleaseManifest
from tests.assets.conftest import HOST, CrawledSource
from tests.conftest import page

pytestmark = pytest.mark.slow

SWARM = "A colony swarms in late spring when the hive is too crowded for its queen. "
PAGE = f"{HOST}/swarm.html"


@pytest.fixture
def site(tmp_path: Path, embedder: Embedder) -> CrawledSource:
    """A published source of two pages."""
    source = CrawledSource(Lake(str(tmp_path / "lake")), LocalStore(tmp_path / "index"), embedder)
    source.crawl(
        {
            "/": page("Bees", ("Welcome", "A site about bees and what they do all year. " * 5)),
            "/swarm.html": page("Swarming", ("Swarms", SWARM * 4), ("Honey", "Honey is made of nectar. " * 8)),
        }
    )
    source.build()
    return source


def releases(store: LocalStore) -> list[ReleaseManifest]:
    return [release for name in store.sources() if (release := store.live(name)) is not None]


def test_a_page_is_read_part_by_part(site: CrawledSource) -> None:
    live = releases(site.store)
    whole = page_part(site.lake, site.store, live, f"{PAGE}#swarms", offset=0, characters=100_000)
    assert whole is not None
    assert SWARM.strip() in whole.markdown
    assert whole.end == whole.length == len(whole.markdown)
    parts, offset = [], 0
    while offset < whole.length:
        part = page_part(site.lake, site.store, live, PAGE, offset=offset, characters=50)
        assert part is not None
        parts.append(part.markdown)
        offset = part.end
    assert "".join(parts) == whole.markdown


def test_only_pages_of_the_readable_releases_are_there(site: CrawledSource) -> None:
    assert page_part(site.lake, site.store, [], PAGE, offset=0, characters=9) is None
    missing = page_part(site.lake, site.store, releases(site.store), f"{HOST}/other", offset=0, characters=9)
    assert missing is None
