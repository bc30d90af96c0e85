"""One line of JSON, as crawlers write them -> the page that it holds. A pure function of the line's bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "url": ("url", "uri"),
    "content": ("content", "html", "body", "raw_html", "rawHtml"),
    "content_type": ("content_type", "contentType", "mime_type", "mimeType"),
    "fetched_at": ("fetched_at", "fetchedAt", "crawled_at", "crawledAt", "timestamp"),
    "status": ("status", "status_code", "statusCode", "http_status"),
    "headers": ("headers", "response_headers", "responseHeaders"),
}
"""How LoreChat and other crawlers call the fields. All other fields of a line are left alone."""

_HTML = "text/html"
_MILLISECONDS_FROM = 100_000_000_000  # as seconds: the year 5138
_COMPACT_TIME = re.compile(r"\d{14}")  # 20260131235900, as web archives write it
_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)


class LineRefused(ValueError):
    """A line that holds no page: `rule` names what it breaks, the message says what is wrong and what to do."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason


@dataclass(frozen=True, slots=True)
class InboxPage:
    """A page as somebody else fetched it. `url` is as it was written; `body` is None when there was none, as for a
    page that is gone. `fetched_at` is None when the line does not say; header names are in lower case."""

    url: str
    body: bytes | None
    content_type: str = _HTML
    fetched_at: datetime | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_answered(self) -> bool:
        """Whether the server gave a page."""
        return 200 <= self.status < 300


def parse_line(data: bytes) -> InboxPage:
    """Read a line. Raises LineRefused."""
    row = _object(data)
    fields = {name: _one(row, name, spellings) for name, spellings in _SPELLINGS.items()}
    headers = _headers(fields["headers"])
    page = InboxPage(
        url=_url(fields["url"]),
        body=_body(fields["content"]),
        content_type=_content_type(fields["content_type"], headers),
        fetched_at=_instant(fields["fetched_at"]),
        status=_status(fields["status"]),
        headers=headers,
    )
    if page.is_answered and page.body is None:
        raise LineRefused("no_content", "it has no text in `content`; give the page's HTML, or the `status` it had")
    return page


def _object(data: bytes) -> dict[str, Any]:
    try:
        row = json.loads(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except UnicodeDecodeError as error:
        raise LineRefused("not_utf8", f"it is not UTF-8 (byte {error.start + 1}); write the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise LineRefused("not_json", f"it is no JSON ({error}); write one object a line") from error
    if not isinstance(row, dict):
        raise LineRefused("not_an_object", 'it is JSON, but no object; write {"url": ..., "content": ...}')
    return row


def _one(row: Mapping[str, Any], name: str, spellings: tuple[str, ...]) -> Any:
    """The value of a field under whichever name it has. Two names with different values could mean anything."""
    there = [spelling for spelling in spellings if row.get(spelling) is not None]
    if any(row[spelling] != row[there[0]] for spelling in there[1:]):
        raise LineRefused(
            "ambiguous", f"{' and '.join(f'`{one}`' for one in there)} differ; keep one of them as `{name}`"
        )
    return row[there[0]] if there else None


def _url(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise LineRefused("no_url", "it has no `url`; give the page's address")
    return value


def _body(value: Any) -> bytes | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise LineRefused("bad_content", f"`content` is no text but {type(value).__name__}; give the page's HTML")
    return _clean(value).encode() or None


def _content_type(value: Any, headers: Mapping[str, str]) -> str:
    """The declared type, with the charset that the body has by now: it came as JSON text and is kept as UTF-8."""
    if value is not None and not isinstance(value, str):
        raise LineRefused("bad_content_type", "`content_type` is no text; write it as text/html")
    told = _clean(value or headers.get("content-type") or _HTML)
    return f"{_CHARSET.sub('', told).strip() or _HTML}; charset=utf-8"


def _status(value: Any) -> int:
    if value is None:
        return 200
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[1-5][0-9]{2}", text):
        raise LineRefused("bad_status", f"`status` is {text[:40]!r}; write an HTTP status as 200 or 404")
    return int(text)


def _headers(value: Any) -> dict[str, str]:
    """Header values as text; several of one name, as Scrapy writes them, are joined as HTTP does."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise LineRefused("bad_headers", "`headers` is no object; write them as name and value")
    return {
        _clean(name).lower(): _clean(", ".join(map(str, one)) if isinstance(one, list) else str(one))
        for name, one in value.items()
        if one is not None
    }


def _instant(value: Any) -> datetime | None:
    """An instant in UTC from ISO 8601 (without zone: UTC), HTTP's date, 14 digits, or seconds since 1970."""
    if value is None:
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if abs(value) > _MILLISECONDS_FROM else value, UTC)
        at = _written_instant(str(value).strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        text = str(value)[:40]
        raise LineRefused("bad_fetched_at", f"`fetched_at` is {text!r}; write it as 2026-01-31T23:59:00Z") from error


def _written_instant(text: str) -> datetime:
    if _COMPACT_TIME.fullmatch(text):
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)


def _clean(text: str) -> str:
    """Text that UTF-8 can hold: JSON may hold half a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")
