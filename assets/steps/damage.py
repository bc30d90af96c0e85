"""Damage that a page came with or took: characters lost in a wrong encoding, tables out of shape."""

from __future__ import annotations

import re

from assets.steps.cleaning_error import CleaningError

DAMAGED_PAGE = "damaged_page"
_MOJIBAKE = re.compile(r"\ufffd|[ÃÂ][\u0080-\u00bf]|â€[\u0080-\u00ff™œ“”˜¦]|ï»¿|Ð[\u0080-\u00bf]|Ñ[\u0080-\u008f]")
_BEYOND = 0.05  # of the letters: the text is not worth quoting any more
_FEWEST = 20  # a page that shows some damaged characters as examples is a page
_CELL = re.compile(r"(?<!\\)\|")
_ROWS_SHARE = 0.2


def damaged_characters(text: str) -> int:
    """Return how many places of a text show that it was decoded wrongly."""
    return 0 if text.isascii() else len(_MOJIBAKE.findall(text))


def refuse_damaged(text: str) -> None:
    """Raise CleaningError when so many characters are lost that the text is not worth quoting."""
    count = damaged_characters(text)
    if count >= _FEWEST and count > _BEYOND * sum(map(str.isalnum, text)):
        raise CleaningError(
            DAMAGED_PAGE, f"{count} characters are damaged: the page was decoded wrongly before it came"
        )


def is_broken_table(table: str) -> bool:
    """Whether many rows of a pipe table have more cells than its header, or hardly any of them."""
    head, _, *rows = [_cells(line) for line in table.split("\n")] if table.count("\n") > 1 else [0, 0]
    broken = sum(row > head or row * 2 < head for row in rows)
    return bool(rows) and broken > _ROWS_SHARE * len(rows)


def _cells(line: str) -> int:
    return len(_CELL.findall(line.strip().removeprefix("|").removesuffix("|"))) + 1
