"""Extraction quality and speed on 231 annotated pages, next to trafilatura and readability in the same run.

Word F1 of a page: words are runs of letters, digits and underscores in lower case; precision and recall count them as
multisets, of the extracted plain text against `main_content`. A type's figure is the mean over its pages, the overall
one the mean over all pages. Our markdown and the peers' output are reduced to text first: images, link addresses,
fences' languages and escapes are markup, not words. Fences kept: fenced blocks of `main_content_markdown` whose words
are in one of ours. Speed is CPU time of cleaning from bytes to markdown, one process.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from assets.steps.clean import CleaningError, clean_page
from benches.figure import Figure
from data_contracts.source import Selectors

_WORD = re.compile(r"\w+")
_IMAGE = re.compile(r"!\[(?:[^\[\]\\]|\\.)*\]\([^()\s]*\)")
_LINK = re.compile(r"(!?)\[((?:[^\[\]\\]|\\.|\[[^\]]*\])*)\]\([^()\s]*\)")
_FENCE = re.compile(
    r"^[ \t>]*(?:[-*+] |\d+[.)] )?[ \t]*(`{3,})[^`\n]*\n(.*?)^[ \t>]*\1[ \t]*$", re.MULTILINE | re.DOTALL
)
_GOALS = {"documentation": ">= 0.9"}


@dataclass(frozen=True, slots=True)
class GoldPage:
    """An annotated page."""

    type: str
    url: str
    body: bytes
    text: str
    markdown: str


def run(data: Path) -> list[Figure]:
    """Measure; FileNotFoundError where the pages are not there."""
    pages = list(gold_pages(data / "extraction"))
    ours, seconds = _timed(pages, _ours)
    trafilatura, _ = _timed(pages, _trafilatura)
    readability, _ = _timed(pages, _readability)
    figures: list[Figure] = []
    for name in [*sorted({page.type for page in pages}), "overall"]:
        chosen = [number for number, page in enumerate(pages) if name in (page.type, "overall")]
        mine, peer, other = (
            fmean(word_f1(plain_text(texts[number]), pages[number].text) for number in chosen)
            for texts in (ours, trafilatura, readability)
        )
        goal = f">= {peer:.4f}" if name == "overall" else _GOALS.get(name, "")
        figures.append(Figure(f"word F1, {name} ({len(chosen)})", mine, "", goal, peer, "trafilatura"))
        figures.append(Figure(f"word F1, {name}", mine, "", "", other, "readability"))
    kept, all_fences = _fences(pages, ours)
    figures.append(Figure("gold fences kept", kept / max(1, all_fences), f"of {all_fences}"))
    for name in ("documentation", "overall"):
        chosen = [number for number, page in enumerate(pages) if name in (page.type, "overall")]
        rate = len(chosen) / sum(seconds[number] for number in chosen)
        figures.append(
            Figure(f"pages cleaned, {name}", rate, "pages/CPU-s", ">= 40" if name == "documentation" else "")
        )
    return figures


def gold_pages(folder: Path) -> Iterator[GoldPage]:
    """Pages in the order of their numbers."""
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    for file in sorted((folder / "ground-truth").glob("*.json")):
        fields = json.loads(file.read_text())
        truth = fields["ground_truth"]
        yield GoldPage(
            fields["_internal"]["page_type"]["primary"],
            fields["url"],
            gzip.decompress((folder / "html" / f"{file.stem}.html.gz").read_bytes()),
            truth["main_content"],
            truth.get("main_content_markdown") or "",
        )


def word_f1(text: str, gold: str) -> float:
    """Multiset word F1; 1 for two empty texts."""
    found, wanted = (Counter(_WORD.findall(side.lower())) for side in (text, gold))
    if not found or not wanted:
        return float(found == wanted)
    return 2 * (found & wanted).total() / (found.total() + wanted.total())


def plain_text(markdown: str) -> str:
    """Markdown without images, addresses, fence lines and backslash escapes."""
    text = re.sub(r"^([ \t>]*(?:[-*+] |\d+[.)] )?[ \t]*`{3,})[^`\n]*$", r"\1", markdown, flags=re.MULTILINE)
    text = _LINK.sub(r"\2", _IMAGE.sub("", text))
    return re.sub(r"\\([`*_\\<\]|#+.-])", r"\1", text)


def _timed(pages: Iterable[GoldPage], extract: Callable[[GoldPage], str]) -> tuple[list[str], list[float]]:
    texts: list[str] = []
    seconds: list[float] = []
    for page in pages:
        start = time.process_time()
        texts.append(extract(page))
        seconds.append(time.process_time() - start)
    return texts, seconds


def _ours(page: GoldPage) -> str:
    try:
        return clean_page(page.body, url=page.url, charset="utf-8", selectors=Selectors()).markdown
    except CleaningError:
        return ""


def _trafilatura(page: GoldPage) -> str:
    import trafilatura

    return str(trafilatura.extract(page.body, url=page.url, output_format="markdown") or "")


def _readability(page: GoldPage) -> str:
    from lxml.html import fromstring
    from readability import Document

    summary = Document(page.body.decode("utf-8", "replace")).summary()
    return str(fromstring(summary).text_content()) if summary.strip() else ""


def _fences(pages: Iterable[GoldPage], texts: Iterable[str]) -> tuple[int, int]:
    kept = total = 0
    for page, text in zip(pages, texts, strict=True):
        ours = [_words(block) for _, block in _FENCE.findall(text)]
        gold = [_words(block) for _, block in _FENCE.findall(page.markdown)]
        total += len(gold)
        kept += sum(1 for block in gold if any(block in other for other in ours))
    return kept, total


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))
