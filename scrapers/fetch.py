"""One URL to one answer: attempts, back-off and what each failure means."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from data_contracts.verdict import Verdict
from scrapers.resolver import GuardedResolver

if TYPE_CHECKING:
    from scrapers.origin import Origin

RETRY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_FIRST_PAUSE = 0.5  # seconds; doubled with each attempt
_LONGEST_PAUSE = 60.0
_LONGEST_RETRY_AFTER = 300.0  # a server that asks for more is left for the next crawl
_TRANSIENT = (
    CannotResolveHostError,
    DownloadTimeoutError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    ResponseDataLossError,
    OSError,
)


@dataclass(eq=False)
class Failure(Exception):
    """A URL that brought no answer to read, with the verdict on it."""

    verdict: Verdict
    reason: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said at last, after retries. `seconds` is the time of the last attempt."""

    url: str
    status: int
    body: bytes
    headers: Mapping[str, str]
    truncated: bool
    seconds: float

    @property
    def content_type(self) -> str:
        """The Content-Type header as it came, empty when there was none."""
        return self.headers.get("content-type", "")

    def location(self) -> str | None:
        """Where a redirect leads, as an absolute URL spelled as the server did; None when this is no redirect."""
        location = self.headers.get("location")
        if self.status not in (301, 302, 303, 307, 308) or not location:
            return None
        return urljoin(self.url, location.strip().split("#", 1)[0])


class Fetcher:
    """Asks Scrapy's downloader, again where that may help. Raises Failure when there is nothing to read."""

    def __init__(self, engine: object, guard: GuardedResolver, *, retries: int, page_bytes: int) -> None:
        self._engine = engine
        self._guard = guard
        self._retries = retries
        self._page_bytes = page_bytes

    async def get(
        self, url: str, origin: Origin, *, headers: Mapping[str, str] | None = None, max_bytes: int | None = None
    ) -> Answer:
        """Return the answer to a GET: any status but those that ask to come back later."""
        attempt = 0
        while True:
            await origin.pause()
            try:
                answer = await self._once(url, origin, headers or {}, max_bytes or self._page_bytes)
            except _TRANSIENT as error:
                failure = self._failure(url, error)
                again = failure.verdict is Verdict.ERROR
                wait = None
            else:
                if answer.status not in RETRY_STATUS:
                    return answer
                failure, again = _refused(answer), True
                wait = retry_after(answer.headers.get("retry-after"))
            if not again or attempt >= self._retries or (wait or 0) > _LONGEST_RETRY_AFTER:
                raise failure
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
            if wait is not None:
                origin.hold(wait)
            await asyncio.sleep(pause if wait is None else wait)
            attempt += 1

    async def _once(self, url: str, origin: Origin, headers: Mapping[str, str], max_bytes: int) -> Answer:
        started = monotonic()
        try:
            request = self._request(url, origin, headers, max_bytes)
            response: Response = await self._engine.download_async(request)  # type: ignore[attr-defined]  # Scrapy exports no engine type
        except (DownloadCancelledError, IgnoreRequest) as error:
            raise Failure(Verdict.TOO_LARGE, f"the page is larger than {max_bytes:,} bytes") from error
        except _TRANSIENT:
            raise
        except Exception as error:  # one page's broken answer must not end the crawl
            raise Failure(Verdict.ERROR, f"the answer cannot be read: {type(error).__name__}: {error}") from error
        return Answer(
            url=response.url,
            status=response.status,
            body=response.body,
            headers=_plain(response),
            truncated="download_stopped" in response.flags,
            seconds=monotonic() - started,
        )

    def _request(self, url: str, origin: Origin, headers: Mapping[str, str], max_bytes: int) -> Request:
        return Request(
            url,
            headers=dict(headers),
            callback=NO_CALLBACK,
            dont_filter=True,
            meta={
                "download_slot": origin.key,
                "download_maxsize": max_bytes,
                "archives_welcome": max_bytes != self._page_bytes,  # gzipped sitemaps
                "autothrottle_dont_adjust_delay": origin.keeps_delay,
            },
        )

    def _failure(self, url: str, error: Exception) -> Failure:
        host = url.split("/", 3)[2].rsplit("@", 1)[-1]
        name = host if host.endswith("]") else host.rsplit(":", 1)[0]
        refused = self._guard.refused.get(name.strip("[]"))
        if isinstance(error, CannotResolveHostError) and refused is not None:
            return Failure(Verdict.PRIVATE_ADDRESS, f"{name} resolves to {refused}, a private or link-local address")
        if isinstance(error, CannotResolveHostError):
            return Failure(Verdict.ERROR, f"no such host: {name}")
        if isinstance(error, DownloadTimeoutError):
            return Failure(Verdict.ERROR, "the download took too long")
        if isinstance(error, DownloadConnectionRefusedError):
            return Failure(Verdict.ERROR, f"{host} refuses connections")
        return Failure(Verdict.ERROR, f"the connection broke ({type(error).__name__}: {_first_line(error)})")


def retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After header (a number or an HTTP date) asks to wait, None when it has none."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _refused(answer: Answer) -> Failure:
    what = "asks to come back later" if answer.status in (429, 503) else "reports an error of its own"
    return Failure(Verdict.ERROR, f"the server {what} (status {answer.status}), after all retries", answer.status)


def _plain(response: Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, values in response.headers.items():
        text = b", ".join(values)
        try:
            headers[name.decode("latin-1").lower()] = text.decode("utf-8")
        except UnicodeDecodeError:
            headers[name.decode("latin-1").lower()] = text.decode("latin-1")
    return headers


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")[:200]
