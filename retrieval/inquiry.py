"""Asking about a URL: its account in every source that knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lake.known_url import known_spelling, known_urls, nearest_urls
from lake.lake import Lake
from lake.lineage import answering_history
from lake.page_history import PageHistory
from retrieval.account import Account, tell
from retrieval.embedder import Embedder
from retrieval.presence import page_presences
from retrieval.standing import Standing, page_standing
from retrieval.vector_store import ReleaseManifest, VectorStore


class Inquiry:
    """Looks URLs up in a lake and an index. `open_embedder` loads the model that a release was made with; it is
    called for a question only. `cut` is how many passages an answer may cite."""

    def __init__(
        self, lake: Lake, store: VectorStore, open_embedder: Callable[[ReleaseManifest], Embedder], *, cut: int = 8
    ) -> None:
        self._lake = lake
        self._store = store
        self._open_embedder = open_embedder
        self._cut = cut

    def accounts(self, spellings: Mapping[str, str], *, question: str | None = None) -> list[Account]:
        """Return an account of each source that knows the URL; `spellings` holds, by source, how a person or the
        source's own rules write it. Errors: LakeUnreachable, IndexDamaged, ModelMismatch, ModelUnavailable."""
        found = []
        for source, url in spellings.items():
            known = known_spelling(known_urls(self._lake, source), url)
            if known is not None:
                found.append(self._account(source, known, question, tuple(spellings)))
        return found

    def unseen(self, source: str, url: str) -> Account:
        """Return the account of a URL that no crawl of the source saw."""
        return self._account(source, url, None, (source,))

    def nearest(self, source: str, url: str, limit: int = 5) -> list[str]:
        """Return the URLs most like one that the source does not know."""
        return nearest_urls(known_urls(self._lake, source), url, limit)

    def _account(self, source: str, url: str, question: str | None, sources: Sequence[str]) -> Account:
        histories = answering_history(self._lake, url, source)
        page = histories[-1]
        presences = page_presences(self._lake, self._store, source, page.url)
        standing = self._standing(page, question, sources) if question else None
        return tell(histories, presences, standing)

    def _standing(self, page: PageHistory, question: str, sources: Sequence[str]) -> Standing | None:
        live = self._store.live(page.source)
        if live is None:
            return None
        asked = [name for name in sources if (other := self._store.live(name)) and other.model_id == live.model_id]
        return page_standing(
            self._store,
            self._open_embedder(live),
            question,
            source=page.source,
            url=page.url,
            bodies=[chunk.text[chunk.prefix_chars :] for chunk in page.chunks],
            cut=self._cut,
            sources=asked,
        )
