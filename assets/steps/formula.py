"""Formulas as TeX between dollar signs, from MathML and from the delimiters that MathJax and KaTeX read."""

from __future__ import annotations

import re
from collections.abc import Callable

from selectolax.lexbor import LexborNode

_DELIMITED = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]|(\$\$.+?\$\$)")


def has_formula(text: str) -> bool:
    """A cheap test for text that may hold a delimited formula."""
    return "\\(" in text or "\\[" in text or "$$" in text


def around_formulas(text: str, escape: Callable[[str], str]) -> str:
    """Escape the text, but leave formulas as they are: their underscores and stars are no markup."""
    parts: list[str] = []
    end = 0
    for found in _DELIMITED.finditer(text):
        parts.append(escape(text[end : found.start()]))
        inline, block, dollars = found.groups()
        parts.append(f"${inline.strip()}$" if inline else f"$${block.strip()}$$" if block else dollars)
        end = found.end()
    parts.append(escape(text[end:]))
    return "".join(parts)


def mathml_text(math: LexborNode) -> str:
    """The TeX source that a generator left in MathML, else the element's text."""
    annotation = math.css_first("annotation[encoding*='tex' i]")
    source = annotation.text() if annotation is not None else math.attributes.get("alttext") or ""
    source = " ".join(source.split())
    return f"${source}$" if source else " ".join(math.text(separator=" ").split())
