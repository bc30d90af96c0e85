"""A conversation as it is shown to others and taken away: questions, answers and what they cite."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

from chat_app.citation import MARKER, Citation
from chat_app.markdown_view import outside_code
from chat_app.turns.kept_answer import kept_answer

_PLACE = re.compile("\ue000(\\d+)\ue001")
HIDDEN = "*This answer quotes a website that you may not read.*"


@dataclass(frozen=True, slots=True)
class ToldTurn:
    """One question with its answer. `number` counts the turns from 1; `is_hidden` says that the answer quotes what the
    reader may not read, and then it is not here."""

    number: int
    question: str
    answer: str
    asked_at: datetime
    model: str
    citations: tuple[Citation, ...]
    is_hidden: bool = False

    @property
    def html(self) -> Markup:
        """The answer as HTML, without any markup, link or picture of its own; markers lead to their citations."""
        numbers = {citation.number for citation in self.citations}

        def placed(marker: re.Match[str]) -> str:
            return f"\ue000{marker[1]}\ue001" if int(marker[1]) in numbers else marker[0]

        text = outside_code(
            self.answer.replace("\ue000", "").replace("\ue001", ""), lambda part: MARKER.sub(placed, part)
        )
        link = rf'<a class="cite" href="#turn-{self.number}-\1">[\1]</a>'
        return Markup(_PLACE.sub(link, _renderer().render(text)))  # noqa: S704  the renderer escapes all HTML

    def markdown(self) -> str:
        """The turn as markdown, its citations as footnotes."""
        numbers = {citation.number for citation in self.citations}

        def footnote(marker: re.Match[str]) -> str:
            return f"[^{self.number}-{marker[1]}]" if int(marker[1]) in numbers else marker[0]

        text = outside_code(self.answer, lambda part: MARKER.sub(footnote, part))
        notes = [
            f"[^{self.number}-{citation.number}]: [{_plain(place(citation))}](<{citation.link}>), fetched "
            f"{citation.fetched_at:%Y-%m-%d %H:%M} UTC"
            for citation in self.citations
        ]
        written = f"*{f'{self.model}, ' if self.model else ''}{self.asked_at:%Y-%m-%d %H:%M} UTC*"
        return "\n\n".join(filter(None, [f"## {_plain(self.question)}", text, written, "\n".join(notes)]))


def told_turns(rows: Iterable[Mapping[str, Any]], may_read: Callable[[str], bool]) -> list[ToldTurn]:
    """Return the answered turns of a thread, as one may read them."""
    told: list[ToldTurn] = []
    for row in rows:
        answer = kept_answer(row["answer"])
        if answer is None:
            continue
        sources = {citation.passage.source for citation in answer.citations}
        sources |= {found.passage.source for found in answer.passages}  # it may say what it does not cite
        is_hidden = not all(may_read(source) for source in sources)
        text, cited = (HIDDEN, ()) if is_hidden else (answer.text, answer.citations)
        told.append(ToldTurn(len(told) + 1, row["question"], text, row["asked_at"], answer.model, cited, is_hidden))
    return told


def exported(name: str, turns: Iterable[ToldTurn]) -> str:
    """Return a conversation as a markdown document."""
    return "\n\n".join([f"# {_plain(name)}", *(turn.markdown() for turn in turns)]) + "\n"


def place(citation: Citation) -> str:
    """Where a cited passage stands, for people."""
    return " › ".join(citation.passage.heading_path) or citation.passage.title or citation.passage.url


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(text.split()))


def _renderer() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink", "reference"])
