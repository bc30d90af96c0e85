"""A document's language: what the page declares, checked against its text."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from selectolax.lexbor import LexborHTMLParser

UNKNOWN = "und"
_SAMPLE = 2_000  # characters of prose that are looked at
_FEWEST = 60  # letters below which text says nothing
_CERTAIN = 0.9
_CODE = re.compile(r"`[^`]*`|https?://\S+|[^\W\d_]*[_\d/\\.=<>{}()\[\]]+\S*")
_FENCES = re.compile(r"^[ >]*(`{3,})[^\n]*\n.*?^[ >]*\1[ \t]*$", re.MULTILINE | re.DOTALL)
_DECLARED = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_;,\s].*)?$")


def document_language(page: LexborHTMLParser, markdown: str) -> str:
    """ISO 639-1 code or `und`. Text decides where there is enough of it and the identifier is certain."""
    declared = declared_language(page)
    prose = _CODE.sub(" ", _FENCES.sub(" ", markdown[: 20 * _SAMPLE]))[:_SAMPLE]
    if sum(1 for character in prose if character.isalpha()) < _FEWEST:
        return declared or UNKNOWN
    code, certainty = _identifier().classify(prose)
    if certainty >= _CERTAIN:
        return str(code)
    return declared or (str(code) if certainty >= 0.5 else UNKNOWN)


def declared_language(page: LexborHTMLParser) -> str:
    """The two-letter code that the page states, or an empty string."""
    html = page.css_first("html")
    values = [html.attributes.get("lang"), html.attributes.get("xml:lang")] if html is not None else []
    for node in page.css("meta[http-equiv='content-language' i], meta[name='language' i], meta[property='og:locale']"):
        values.append(node.attributes.get("content"))
    for value in values:
        found = _DECLARED.match(value or "")
        if found and len(found[1]) == 2:
            return found[1].lower()
    return ""


@cache
def _identifier() -> Any:
    """The identifier with its model, for languages that ISO 639-1 names; loaded once per process (0.6 s)."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([label for label in identifier.labels if len(label) == 2])
    return identifier
