"""Pages that a person hands to a step: a file, a folder of files, or a URL."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.error import BadInput

HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})


@dataclass(frozen=True, slots=True)
class PageInput:
    """The bytes of a page; `name` is what a person calls it, `content_type` is empty where nobody declared one."""

    name: str
    url: str
    body: bytes
    content_type: str = ""

    @property
    def is_markdown(self) -> bool:
        """Whether it is markdown already, by its name."""
        return Path(self.name).suffix.lower() in MARKDOWN_SUFFIXES


def read_pages(target: str, *, suffixes: frozenset[str] = HTML_SUFFIXES) -> Iterator[PageInput]:
    """Yield the page at a URL or in a file, or every file under a folder whose suffix is one of `suffixes`.

    Raises BadInput for what does not exist, cannot be read or is empty.
    """
    if target.startswith(("http://", "https://")):
        yield fetch_page(target)
        return
    path = Path(target)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in suffixes and file.is_file())
        if not files:
            raise BadInput(f"{target}: no file in this folder ends with {', '.join(sorted(suffixes))}")
        for file in files:
            yield _read_file(file, name=str(file.relative_to(path)))
    else:
        yield _read_file(path, name=target)


def _read_file(path: Path, *, name: str) -> PageInput:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}. Give a file, a folder or an http(s) URL.") from error
    return PageInput(name, path.resolve().as_uri(), body)


def fetch_page(url: str) -> PageInput:
    """Fetch one page with the crawler's default limits. Raises BadInput with the reason."""
    from data_contracts.source import Limits, Politeness

    limits = Limits()
    request = urllib.request.Request(url, headers={"User-Agent": Politeness().user_agent})  # noqa: S310 (http only)
    try:
        with urllib.request.urlopen(request, timeout=limits.page_seconds) as answer:  # noqa: S310 (the same)
            body = answer.read(limits.page_bytes + 1)
            content_type = answer.headers.get("Content-Type", "")
            final = answer.geturl()
    except urllib.error.HTTPError as error:
        raise BadInput(f"{url}: the server answered {error.code} {error.reason}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise BadInput(f"{url}: cannot be fetched: {reason}. Check the address and the network.") from error
    if len(body) > limits.page_bytes:
        raise BadInput(f"{url}: larger than {limits.page_bytes:,} bytes")
    return PageInput(url, final, body, content_type)
