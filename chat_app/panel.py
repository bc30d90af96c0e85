"""What a citation opens beside the answer: the passage in its page, with where it comes from and how old it is."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from chat_app.citation import Citation
from chat_app.grounding.page_context import PageContext
from chat_app.markdown_view import marked, outside_code, shown
from retrieval.instruction import is_instruction_like

_HTML = re.compile(r"(?<!\\)<(?=[A-Za-z/!?])")
_IMAGE = re.compile(r"!\[([^\]\n]*)\](?:\((?:[^()\n]|\([^()\n]*\))*\)|\[[^\]\n]*\])")
_ODD_LINK = re.compile(r"\[((?:[^\[\]\n]|\\.)*)\]\((?!<?https?://)(?:[^()\n]|\([^()\n]*\))*\)")
_DEFINITION = re.compile(r"(?m)^([ \t>]{0,6})\[(?=[^\]\n]+\]:)")
_ORDERS = (
    "⚠ This passage holds text that gives orders to language models. It was shown to the model as the page's words, "
    "with that warning."
)


def panel(
    citation: Citation,
    *,
    source_title: str,
    trace: str | None,
    context: PageContext | None = None,
    now: datetime | None = None,
    stale_after: timedelta | None = None,
) -> str:
    """Return the panel's markdown: the place, the passage with the cited sentences marked, between what stands around
    it on the page, and its origin. `trace` is the address of the whole chain back to the page's bytes; without `now`
    the fetch is told as a date only."""
    passage = citation.passage
    path = " › ".join(escaped(part) for part in passage.heading_path if part != passage.title)
    context = context or PageContext("", "")
    fetched = age(passage.fetched_at, now, stale_after)
    parts = [
        f"**{escaped(passage.title)}**" + (f" › {path}" if path else ""),
        f"[Open on the page ↗](<{citation.link}>) · {fetched}",
        _ORDERS if is_instruction_like(passage.text) else "",
        *_around("Before it on the page", context.before, "…" if context.is_cut_before else ""),
        "---",
        "**The passage that is cited:**" if context.before or context.after else "",
        safe(marked(passage, citation.quotes)),
        "---",
        *_around("After it on the page", context.after),
        "…" if context.after and context.is_cut_after else "",
        f"{escaped(source_title)} · version `{passage.page_version_id[:12]}`",
        f"[Trace: from this passage to the page's bytes ↗](<{trace}>)" if trace else "",
    ]
    return shown("\n\n".join(part for part in parts if part))


def _around(title: str, markdown: str, cut: str = "") -> tuple[str, ...]:
    return (f"*{title}:*", cut, safe(markdown)) if markdown else ()


def age(fetched_at: datetime, now: datetime | None, stale_after: timedelta | None) -> str:
    """Return when a page was fetched, in words and exactly, with a warning when that is long ago."""
    exact = f"{fetched_at:%Y-%m-%d %H:%M} UTC"
    if now is None:
        return f"fetched {exact}"
    passed = max(now - fetched_at, timedelta(0))
    told = f"fetched **{_ago(passed)}** ({exact})"
    is_stale = stale_after is not None and passed > stale_after
    return f"⚠ {told}: the page may have changed since" if is_stale else told


def _ago(passed: timedelta) -> str:
    for days, unit in ((365, "year"), (30, "month"), (1, "day")):
        if passed.days >= days:
            count = passed.days // days
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    hours, minutes = passed.seconds // 3600, passed.seconds // 60
    if hours:
        return f"{hours} hour{'' if hours == 1 else 's'} ago"
    return f"{minutes} minute{'' if minutes == 1 else 's'} ago" if minutes else "just now"


def safe(markdown: str) -> str:
    """Return a page's markdown as it may be shown: nothing is loaded, no HTML, no link but to http and https."""
    return outside_code(markdown, _harmless)


def _harmless(text: str) -> str:
    text = _IMAGE.sub(lambda image: f"*(image: {image[1]})*" if image[1].strip() else "", text)
    text = _ODD_LINK.sub(r"\1", text)
    return _HTML.sub(r"\\<", _DEFINITION.sub(r"\1\\[", text)).replace("![", "\\![")


def escaped(text: str) -> str:
    """Return a text that is no markdown."""
    return re.sub(r"([\\`*_\[\]<>|!])", r"\\\1", text)
