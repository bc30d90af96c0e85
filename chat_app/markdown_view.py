"""Markdown as the chat's page shows it: answers, and the passage behind a citation."""

from __future__ import annotations

import re
from collections.abc import Callable

from data_contracts.passage import Passage

_CODE = re.compile(
    r"(?:^|\n)[ \t>]*(`{3,}|~{3,})[^\n]*\n.*?(?:\n[ \t>]*\1[`~]*(?=\n|$)|$)|(?<!`)(`+)(?!`).+?(?<!`)\2(?!`)", re.DOTALL
)
_DIRECTIVE = re.compile(r"(?<![\\~]):(?=[A-Za-z])")
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\((?:[^()\n]|\([^()\n]*\))*\)")
_EMPHASIS = re.compile(r"(?<!\\)(\*{1,3})(?=\S)(.+?)(?<=\S)\1", re.S)


def shown(markdown: str) -> str:
    """Return markdown whose colons and zero-width spaces mean nothing special to the page."""
    return outside_code(markdown.replace("\u200b", ""), lambda text: _DIRECTIVE.sub(r"\\:", text))


def marked(passage: Passage, quotes: tuple[tuple[int, int], ...]) -> str:
    """Return the passage's body with the quotes in strong emphasis, which the page's style shows as highlighted."""
    parts: list[str] = []
    at = 0
    for start, end in quotes:
        parts.append(passage.body[at:start])
        parts.append(_highlighted(passage.body[start:end]))
        at = end
    parts.append(passage.body[at:])
    return _IMAGE.sub(lambda image: f"*[image: {image[1]}]*" if image[1] else "", "".join(parts))


def _highlighted(quote: str) -> str:
    """Emphasis inside would end the highlight early, so it goes."""
    plain = outside_code(quote, lambda text: _EMPHASIS.sub(r"\2", text)).strip()
    return f"***{plain}***" if plain else quote


def outside_code(markdown: str, change: Callable[[str], str]) -> str:
    """Return markdown with what is not code changed."""
    parts: list[str] = []
    at = 0
    for code in _CODE.finditer(markdown):
        parts += [change(markdown[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*parts, change(markdown[at:])])
