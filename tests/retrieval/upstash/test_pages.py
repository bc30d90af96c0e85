"""The words of whole pages in Upstash: rows of their own beside a release's passages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from retrieval.ranking import Ranking
from retrieval.upstash.store import UpstashStore
from retrieval.upstash.sweep import PAGES
from retrieval.vector_store import PassageBatch
from tests.doubles.upstash_double import UpstashDouble
from tests.retrieval.conftest import Shelf
from tests.retrieval.upstash.test_build import PLAN, TEXTS


def test_a_dropped_release_takes_its_pages_along(make_double: Callable[..., UpstashDouble]) -> None:
    double = make_double()
    with UpstashStore(double.url, double.token, plan=PLAN) as store:
        old, new = Shelf(store).publish(TEXTS), Shelf(store).publish(TEXTS, name="new")
        store.drop("docs", old.release_id)
    spaces = {name for name in double.index.namespaces if "docs" in name}
    assert spaces == {f"lorechat.docs.{new.release_id}", f"lorechat.docs.{new.release_id}{PAGES}"}


def test_the_words_of_a_page_lift_its_passages(make_double: Callable[..., UpstashDouble]) -> None:
    """Two passages say the same of it; one of them stands on a page that says more of what was asked."""
    double = make_double()
    with UpstashStore(double.url, double.token, plan=PLAN) as store:
        shelf = Shelf(store)
        texts = ("Set the limit first.", "Zebras run in herds.", "Then set the limit too.", "Stripes hide zebras well.")
        pages = (0, 0, 1, 1)
        passages = [
            replace(passage, url=f"https://site.test/{page}", title="", heading_path=())
            for passage, page in zip(shelf.passages_of(texts), pages, strict=True)
        ]
        asked = "the limit of herds"
        manifest = replace(shelf.manifest_of(texts), pages=2)
        vectors = np.array([shelf.vector_of("alike")] * len(texts))
        store.build(manifest, [PassageBatch(passages, vectors)])
        store.promote("docs", manifest.release_id)
        for share, first in ((0.0, None), (1.0, 0)):
            ranking = Ranking(dense_weight=0.0, page_share=share)
            found = shelf.store.search(
                "docs", vector=shelf.vector_of("alike"), text=asked, model_id=shelf.model, limit=4, ranking=ranking
            )
            assert first is None or found[0].passage.url == f"https://site.test/{first}"
            assert (found[0].page is not None) == (share > 0)


def test_a_page_of_more_terms_than_a_row_may_have_is_several_rows(make_double: Callable[..., UpstashDouble]) -> None:
    double = make_double()
    texts = [" ".join(f"word{number}" for number in range(start, start + 700)) for start in (0, 700, 1400)]
    with UpstashStore(double.url, double.token, plan=PLAN) as store:
        shelf = Shelf(store)
        passages = [replace(passage, url="https://site.test/long") for passage in shelf.passages_of(texts)]
        manifest = replace(shelf.manifest_of(texts), pages=1)
        vectors = np.array([shelf.vector_of(text) for text in texts])
        store.build(manifest, [PassageBatch(passages, vectors)])
        store.promote("docs", manifest.release_id)
        rows = double.index.namespaces[f"lorechat.docs.{manifest.release_id}{PAGES}"].rows
        assert len(rows) == 3
        assert max(len(row["sparseVector"]["indices"]) for row in rows.values()) <= 1000
        found = shelf.store.search(
            "docs", vector=vectors[0], text="word3 word1900", model_id=shelf.model, limit=3, ranking=Ranking()
        )
        assert len({scored.page for scored in found}) == 1
