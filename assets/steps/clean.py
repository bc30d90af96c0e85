"""A page's bytes -> title, markdown with anchors, language and quality flags. Pure: no clock, no network, no files."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from assets.revision import EXTRACTOR
from assets.steps.anchor_mark import take_marks
from assets.steps.chrome import drop_chrome
from assets.steps.cleaning_error import NO_CONTENT, CleaningError
from assets.steps.damage import refuse_damaged
from assets.steps.fingerprint import block_fingerprints
from assets.steps.language import document_language
from assets.steps.main_content import main_content, selected_content
from assets.steps.markdown import PageConverter
from assets.steps.page_tree import drop_unseen, parse_page, select
from assets.steps.quality import quality_flags
from assets.steps.title import page_title
from data_contracts.document import Anchor, DocumentBlock
from data_contracts.identity import content_id
from data_contracts.source import Selectors

__all__ = ["CleanedPage", "CleaningError", "clean_page", "extractor_version"]


@dataclass(frozen=True, slots=True)
class CleanedPage:
    """What a page says. `anchors` are sorted by offset in characters of `markdown`; quality.py names the `flags`."""

    title: str
    markdown: str
    anchors: tuple[Anchor, ...]
    source_text: str | None
    source_link: str | None
    language: str
    flags: tuple[str, ...]
    blocks: tuple[DocumentBlock, ...]


def clean_page(body: bytes, *, url: str, charset: str, selectors: Selectors) -> CleanedPage:
    """Clean one page; CleaningError names the rule that a page without a document breaks."""
    page = parse_page(body, charset)
    if page.root is None or page.body is None:
        raise CleaningError("empty_page", "the page has no elements")
    converter = PageConverter(_base_url(page, url))
    source_text = _source_text(page, selectors.source_text)
    source_link = _source_link(page, selectors.source_link, converter)
    hidden = drop_unseen(page, page.body, selectors.drop, body.decode(charset, "replace") if b"<!--" in body else "")
    main = selected_content(page.body, selectors.main)
    is_missed = main is None and selectors.main is not None
    if main is None:
        drop_chrome(page.body)
        main = main_content(page.body)
    title = page_title(page, main)
    markdown, anchors = take_marks(converter.markdown(main), converter.ids)
    if not markdown:
        raise CleaningError(NO_CONTENT, "nothing is left to read once scripts and hidden elements are gone")
    refuse_damaged(markdown)
    blocks = block_fingerprints(markdown)
    flags = quality_flags(
        markdown,
        title=title,
        tables=(markdown[block.start : block.end] for block in blocks if block.kind == "table"),
        is_too_deep=converter.is_too_deep,
        is_selector_missed=is_missed,
        hidden=hidden,
    )
    language = document_language(page, markdown)
    return CleanedPage(title, markdown, anchors, source_text, source_link, language, flags, blocks)


def extractor_version(selectors: Selectors) -> str:
    """Name the code and the selectors that make a document: when it changes, pages are cleaned again."""
    return f"{EXTRACTOR}-{content_id(selectors.model_dump_json())[:12]}"


def _base_url(page: LexborHTMLParser, url: str) -> str:
    base = page.css_first("base[href]")
    try:
        return urljoin(url, base.attributes.get("href") or "") if base is not None else url
    except ValueError:
        return url


def _source_text(page: LexborHTMLParser, selector: str | None) -> str | None:
    nodes = select(page.root, selector) if selector and page.root is not None else []
    texts = (" ".join(node.text(separator=" ").split()) for node in nodes)
    return next((text for text in texts if text), None)


def _source_link(page: LexborHTMLParser, selector: str | None, converter: PageConverter) -> str | None:
    nodes = select(page.root, selector) if selector and page.root is not None else []
    links = (converter.link(node.attributes.get("href")) for node in nodes)
    return next((link for link in links if link), None)
