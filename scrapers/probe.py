"""One request per site for an address that cannot exist: what it answers is no page."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from scrapers.charset import charset_of
from scrapers.face import Face, read_face
from scrapers.fetch import Answer, Failure, Fetcher
from scrapers.origin import Origins
from scrapers.sniff import html_refusal
from scrapers.soft_404 import FalseFace, false_face

_NAME = "lorechat-probe-"


class Probes:
    """What each origin shows for pages that do not exist; asked for once a crawl, before its first page counts.

    A second request follows only where the first is answered with a page. Robots rules, pauses and auth headers are
    those of any other request; a probe that fails says nothing.
    """

    def __init__(self, fetcher: Fetcher, origins: Origins, headers: Callable[[str], Mapping[str, str]]) -> None:
        self._fetcher = fetcher
        self._origins = origins
        self._headers = headers
        self._asked: dict[str, asyncio.Task[FalseFace | None]] = {}

    async def prepare(self, url: str) -> None:
        """See to it that the origin of a page that was just answered is probed, beside that page."""
        key = _origin(url)
        if key not in self._asked:
            self._asked[key] = asyncio.create_task(self._probe(url))
        await asyncio.shield(self._asked[key])

    def abandon(self) -> None:
        """Drop what is under way."""
        for task in self._asked.values():
            task.cancel()

    def of(self, url: str) -> FalseFace | None:
        """Return what the URL's origin shows for pages that do not exist, None when it says 404 as it should."""
        asked = self._asked.get(_origin(url))
        return asked.result() if asked is not None and asked.done() and not asked.cancelled() else None

    async def _probe(self, url: str) -> FalseFace | None:
        faces: list[tuple[str, Face]] = []
        for _ in range(2):
            address = urljoin(url, f"{_NAME}{secrets.randbelow(10**16):016}")  # no letters: they would be words
            face = await self._face(address)
            if face is None:
                return None
            faces.append((address, face))
        return false_face(faces)

    async def _face(self, url: str) -> Face | None:
        try:
            origin = await self._origins.of(url)
            if origin.refusal is not None or self._origins.forbids(origin, url):
                return None
            answer = await self._fetcher.get(url, origin, headers=self._headers(url))
            is_page = 200 <= answer.status < 300 and not answer.truncated
            return _read(answer) if is_page and not html_refusal(answer.body, answer.content_type) else None
        except Failure:
            return None
        except Exception:  # an answer that breaks its reader says nothing, and may not fail the page that waits for it
            return None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _read(answer: Answer) -> Face:
    charset = charset_of(answer.body, answer.content_type)
    body = answer.body if charset == "utf-8" else answer.body.decode(charset, "replace")
    return read_face(LexborHTMLParser(body), answer.body)
