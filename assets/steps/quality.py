"""Quality flags of a document: what a reader of the crawl should know before trusting it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assets.steps.damage import damaged_characters, is_broken_table
from assets.steps.hidden import Hidden
from retrieval.instruction import is_instruction_like

LITTLE_TEXT = "little_text"
LINK_HEAVY = "link_heavy"
ENCODING_DAMAGE = "encoding_damage"
BROKEN_FENCE = "broken_fence"
BROKEN_TABLE = "broken_table"
DEEP_NESTING = "deep_nesting"
NO_TITLE = "no_title"
SELECTOR_MISSED = "selector_missed"  # the source's main selector matches nothing on this page
INSTRUCTIONS = "instruction_like"  # the text that is seen gives a language model orders
HIDDEN_TEXT = "hidden_text"  # text that a browser does not show; it is not in the markdown
HIDDEN_INSTRUCTIONS = "hidden_instructions"  # such text, or a comment, gives a language model orders

_LITTLE = 200  # characters of text outside links
_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]\([^()\s]*\)")
_FENCE = re.compile(r"^[ >]*(?:(?:[-*+]|\d+[.)]) +)*(`{3,})[^`\n]*$", re.MULTILINE)


def quality_flags(
    markdown: str, *, title: str, tables: Iterable[str], is_too_deep: bool, is_selector_missed: bool, hidden: Hidden
) -> tuple[str, ...]:
    """Flags in a fixed order; `tables` are those of the markdown."""
    linked = sum(len(found[1]) for found in _LINK.finditer(markdown))
    text = len(_LINK.sub("", markdown))
    flags = {
        LITTLE_TEXT: text + linked < _LITTLE,
        LINK_HEAVY: linked > text and linked > _LITTLE,
        ENCODING_DAMAGE: damaged_characters(markdown) > max(2, len(markdown) // 2_000),
        BROKEN_FENCE: _has_open_fence(markdown),
        BROKEN_TABLE: any(is_broken_table(table) for table in tables),
        DEEP_NESTING: is_too_deep,
        NO_TITLE: not title,
        SELECTOR_MISSED: is_selector_missed,
        INSTRUCTIONS: is_instruction_like(markdown) or is_instruction_like(title),
        HIDDEN_TEXT: hidden.words > 0,
        HIDDEN_INSTRUCTIONS: hidden.is_instruction,
    }
    return tuple(name for name, is_set in flags.items() if is_set)


def _has_open_fence(markdown: str) -> bool:
    open_ticks = ""
    for found in _FENCE.finditer(markdown):
        if not open_ticks:
            open_ticks = found[1]
        elif found[1] == open_ticks:
            open_ticks = ""
    return bool(open_ticks)
