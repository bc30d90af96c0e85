"""A turn as the chat's page shows it: the texts of its steps, and what its markers open. The same live and kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

from chat_app.answer import Answer
from chat_app.grounding.page_context import PageContext
from chat_app.markdown_view import outside_code, shown
from chat_app.money.receipt import receipt
from chat_app.panel import panel
from chat_app.trace_page import trace_path
from chat_app.turns.event import TurnEnded, TurnSearched, TurnState
from data_contracts.passage import Passage

SEARCHING = "Searching the pages"
_JOINER = "\u2060"
COST = f"Cost{_JOINER}"
"""Opens the receipt. The page makes a link of every text that equals it, so it has a character that prose has not."""
RECEIPT = 0
"""The number under which the receipt stands beside the citations, which begin with 1."""
_STOPPED = "*Stopped: this is not the whole answer.*"
_UNKEPT = "*This answer could not be kept: it will be gone when the page is loaded again.*"


def search_line(searched: TurnSearched) -> str:
    """The step's name: letters, digits and spaces only, or the page asks for a picture of that name and fails."""
    sites = "1 website" if len(searched.titles) == 1 else f"{len(searched.titles)} websites"
    return f"{len(searched.places)} passages from {sites} in {searched.milliseconds} ms"


def search_list(searched: TurnSearched) -> str:
    """What the step opens: what was searched for, where that is not what was asked, and the places found."""
    sought = [f"Searched for: {text}\n" for text in searched.sought]
    return shown("\n".join([*sought, *(f"{number}. {place}" for number, place in enumerate(searched.places, start=1))]))


def ended_text(ended: TurnEnded, searched: TurnSearched | None) -> str:
    """The whole message of a turn that ended."""
    parts = [ended.said.strip()]
    if ended.answer is not None:
        marker = marker_of(ended.answer)
        for citation in ended.answer.citations:
            parts[0] = outside_code(parts[0], _marked(citation.number, marker))
        parts += [f"*{note}*" for note in ended.answer.notes]
        parts.append(f"*{_origin(ended.answer, searched)}*")
    if ended.state is TurnState.STOPPED:
        parts.append(_STOPPED)
    parts += [ended.error or "", "" if ended.is_kept else _UNKEPT]
    return shown("\n\n".join(part for part in parts if part))


def _origin(answer: Answer, searched: TurnSearched | None) -> str:
    titles = ", ".join(searched.titles.values()) if searched else ""
    time = "given before" if answer.cached else f"{answer.milliseconds / 1000:.1f} s"
    return " · ".join(part for part in (answer.model, titles, time, COST if has_receipt(answer) else "") if part)


def has_receipt(answer: Answer) -> bool:
    """Whether there is something to tell about what an answer cost."""
    return answer.cached or bool(answer.cost or answer.usage.input_tokens or answer.usage.output_tokens)


def marker_of(answer: Answer) -> str:
    """How markers are written. The page makes a link of every text that equals a marker, in code too: where the
    answer's code contains one, the real markers get an invisible character that the code's do not have."""
    without_prose = outside_code(answer.text, lambda _: "")
    return "[{}]" + (_JOINER if re.search(r"\[\d+\]", without_prose) else "")


def _marked(number: int, marker: str) -> Callable[[str], str]:
    return lambda text: text.replace(f"[{number}]", marker.format(number))


def citation_path(turn_id: str, number: int) -> str:
    """Return the address, on the chat, of what a marker opens."""
    return f"/citation/{quote(turn_id, safe='')}/{number}"


def citation_panel(
    turn_id: str,
    number: int,
    answer: Answer,
    searched: TurnSearched | None,
    *,
    context_of: Callable[[Passage], PageContext | None] = lambda _: None,
    now: datetime | None = None,
    stale_after: timedelta | None = None,
) -> str | None:
    """Return the markdown that a marker opens, None where the answer has no such citation. `context_of` looks up what
    stands around a passage on its page."""
    if number == RECEIPT and has_receipt(answer):
        return f"**{answer.model}**\n\n{receipt(answer.usage, answer.cost, cached=answer.cached, prices=answer.prices)}"
    titles = searched.titles if searched else {}
    for citation in answer.citations:
        if citation.number == number:
            title = titles.get(citation.passage.source, citation.passage.source)
            return panel(
                citation,
                source_title=title,
                trace=trace_path(turn_id, number),
                context=context_of(citation.passage),
                now=now,
                stale_after=stale_after,
            )
    return None
