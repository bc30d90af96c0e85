"""Whether a document is what its page's bytes become: the one link of a trace that takes the extractor to check."""

from __future__ import annotations

from assets.steps.clean import CleaningError, clean_page, extractor_version
from data_contracts.document import markdown_hash
from data_contracts.source import Selectors
from lake.passage_check import Check, Row


def check_cleaning(version: Row, document: Row, selectors: Selectors) -> Check | None:
    """Clean stored bytes again and compare; None when another extractor, or other selectors, made the document."""
    if document["extractor_version"] != extractor_version(selectors):
        return None
    statement = "cleaning the raw bytes again gives this markdown"
    try:
        again = clean_page(version["body"], url=version["url"], charset=version["charset"], selectors=selectors)
    except CleaningError as error:
        return Check(statement, False, str(error))
    found = markdown_hash(again.title, again.markdown, again.anchors)
    detail = f"extractor {document['extractor_version']}, markdown {found[:12]}"
    return Check(statement, found == document["markdown_hash"], detail)
