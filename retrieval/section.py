"""A passage widened to the section that it stands in, for a model to read: what comes just before and after it, too.

Neighbours are chunks of the same page, version and heading path that follow one another without a gap. The widened
passage is still one slice of the page's markdown: `start` and `end` span all that it shows, its text is the slice word
for word (behind the same headings, and inside the same fence where a fence was cut), and `chunk_id` is that of the
passage that was found. So a citation of it can be checked as before, against more text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from data_contracts.identity import text_hash
from data_contracts.passage import Passage, ScoredPassage

_ADDED_LINES = 3  # an opening fence; a table's header and its rule
_GAP = 2  # a blank line between blocks

PageOf = Callable[[str, str], Sequence[Passage]]
"""Returns the passages of a source's page, in the order in which they stand on it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk's slice of the markdown, and what was added around it because it was cut inside a fence or a table."""

    passage: Passage
    before: str
    cut: str
    after: str


def widened(
    found: Sequence[ScoredPassage], page_of: PageOf, *, budget: int, tokens: Callable[[str], int]
) -> list[ScoredPassage]:
    """Return the passages in their order, each with as much of its section as the budget (tokens added in all) holds.

    The best ones are widened first. A passage that an earlier one has come to contain is left out.
    """
    shown: list[ScoredPassage] = []
    for scored in found:
        if any(_contains(other.passage, scored.passage) for other in shown):
            continue
        passage, spent = _widened(scored.passage, page_of, budget, tokens)
        budget -= spent
        shown.append(replace(scored, passage=passage))
    return shown


def _widened(passage: Passage, page_of: PageOf, budget: int, tokens: Callable[[str], int]) -> tuple[Passage, int]:
    """Return the passage with its neighbours, and how many tokens they have."""
    if budget <= 0 or piece_of(passage) is None:
        return passage, 0
    page = [one for one in page_of(passage.source, passage.url) if _is_of_section(one, passage)]
    at = next((place for place, one in enumerate(page) if one.chunk_id == passage.chunk_id), None)
    if at is None:
        return passage, 0
    run, spent = _run([piece_of(one) for one in page], at, budget, tokens)
    return (_joined(passage, run), spent) if len(run) > 1 else (passage, 0)


def _run(pieces: Sequence[Piece | None], at: int, budget: int, tokens: Callable[[str], int]) -> tuple[list[Piece], int]:
    """Grow from a piece to what follows and what precedes it by turns, while there is something and it fits."""
    run = [piece for piece in pieces[at : at + 1] if piece is not None]
    spent, following, sides = 0, {1: at + 1, -1: at - 1}, [1, -1]
    while run and sides:
        for side in list(sides):
            place = following[side]
            piece = pieces[place] if 0 <= place < len(pieces) else None
            edge = run[-1] if side > 0 else run[0]
            cost = tokens(piece.cut) if piece is not None and _is_joint(edge, piece, side) else budget + 1
            if piece is None or spent + cost > budget:
                sides.remove(side)
                continue
            run = [*run, piece] if side > 0 else [piece, *run]
            spent, following[side] = spent + cost, place + side
    return run, spent


def piece_of(passage: Passage) -> Piece | None:
    """Take a chunk's body apart into its slice of the markdown and what was added around it; None where that cannot
    be told from its offsets."""
    size, body = passage.end - passage.start, passage.body
    if size <= 0 or len(body) < size:
        return None
    if len(body) == size:
        return Piece(passage, "", body, "")
    for lines in range(_ADDED_LINES + 1):
        before = "".join(body.splitlines(keepends=True)[:lines])
        cut, after = body[len(before) : len(before) + size], body[len(before) + size :]
        if len(cut) == size and set(after.strip()) in (set(), {"`"}, {"~"}):
            return Piece(passage, before, cut, after)
    return None


def _is_of_section(one: Passage, other: Passage) -> bool:
    return one.heading_path == other.heading_path and one.markdown_hash == other.markdown_hash


def _is_joint(edge: Piece, piece: Piece, side: int) -> bool:
    return _follows(edge.passage, piece.passage) if side > 0 else _follows(piece.passage, edge.passage)


def _follows(one: Passage, other: Passage) -> bool:
    return one.start <= other.start <= one.end + _GAP and one.end <= other.end


def _joined(found: Passage, run: Sequence[Piece]) -> Passage:
    """One passage of pieces that follow one another; what two of them share stands there once."""
    slices = [run[0].cut]
    for one, other in pairwise(run):
        gap = other.passage.start - one.passage.end
        slices.append("\n" * gap + other.cut if gap >= 0 else other.cut[-gap:])
    text = found.text[: found.prefix_chars] + run[0].before + "".join(slices) + run[-1].after
    first, last = run[0].passage, run[-1].passage
    return replace(found, text=text, start=first.start, end=last.end, text_hash=text_hash(text))


def _contains(section: Passage, passage: Passage) -> bool:
    return (
        (section.source, section.url, section.markdown_hash) == (passage.source, passage.url, passage.markdown_hash)
        and section.start <= passage.start
        and passage.end <= section.end
    )
