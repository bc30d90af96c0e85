"""`/why?url=...&question=...`: why a page answers or not, as `lorechat why` tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from chat_app.error import ChatError, TooManyQuestions
from chat_app.page_template import PageTemplates
from chat_app.people.person import Person
from chat_app.people.visit import visit_of
from chat_app.service import ChatService
from lake import LakeError
from lake.flow_count import flow_counts
from lake.known_url import known_sources
from retrieval.account import Account
from retrieval.conclusion import nth
from retrieval.error import RetrievalError
from retrieval.inquiry import Inquiry
from retrieval.presence import live_urls
from retrieval.standing import Place, Standing

_STATES = {
    "fetched": "fetched by the newest crawl",
    "unchanged": "unchanged since an earlier crawl",
    "kept": "not seen by the newest crawl, and kept",
    "aliases": "other names of pages",
    "refused": "refused by robots.txt, the page itself or a limit",
    "gone": "gone",
    "unreachable": "never reached",
    "outside": "out of scope",
    "quarantined": "in quarantine",
    "uncleaned": "not cleaned yet",
    "uncut": "without chunks",
    "unpublished": "not published yet",
    "stale": "published, and no longer current",
    "live": "answering",
}
_LONGEST = 4_000
_NEAREST = 5


@dataclass(frozen=True, slots=True)
class Unseen:
    """A URL that no crawl of a source saw, and known ones like it."""

    account: Account
    nearest: Sequence[str]


@dataclass(frozen=True, slots=True)
class FlowLines:
    """How many of a source's pages are in which state."""

    source: str
    lines: Sequence[tuple[str, str]]


def add_why_page(app: FastAPI, service: ChatService, pages: PageTemplates) -> None:
    """Serve the page that explains pages; one address may ask as often as it may ask the chat."""

    @app.get("/why", include_in_schema=False)
    def why(request: Request, url: str = "", question: str = "", source: str = "") -> HTMLResponse:
        visit = visit_of(request)
        try:
            service.limit.take(visit.address, visit.person.name if visit.person else "")
            return _page(service, pages, url.strip()[:_LONGEST], question.strip()[:_LONGEST], source, visit.person)
        except LakeError as error:
            return pages.note("The lake cannot be read", str(error), status=503)
        except TooManyQuestions as error:
            return pages.note("Too many questions", str(error).replace("**", ""), status=429)
        except (ChatError, RetrievalError) as error:
            return pages.note("That cannot be looked up now", str(error).replace("**", ""), status=503)


def _page(
    service: ChatService, pages: PageTemplates, url: str, question: str, source: str, person: Person | None
) -> HTMLResponse:
    store, library = service.store, service.pipeline.library
    known = sorted({*known_sources(service.lake), *store.sources()})
    sources = [name for name in known if service.people.access.may_read(name, person)]
    chosen = [name for name in sources if source in ("", name)]
    cut = service.settings.passages
    inquiry = Inquiry(service.lake, store, lambda release: library.embedder([release]), cut=cut)
    accounts = inquiry.accounts(dict.fromkeys(chosen, url), question=question or None) if url else []
    unseens = [_unseen(inquiry, name, url) for name in chosen] if url and not accounts else []
    return pages.page(
        "why",
        status=404 if unseens else 200,
        url=url,
        question=question,
        source=source,
        sources=sources,
        accounts=accounts,
        unseens=unseens,
        flows=[] if url else [_flow(service, name) for name in chosen],
        dagster=service.settings.dagster_address,
        places=_places,
        nth=nth,
        query=_query,
    )


def _unseen(inquiry: Inquiry, source: str, url: str) -> Unseen:
    return Unseen(inquiry.unseen(source, url), inquiry.nearest(source, url, _NEAREST))


def _places(standing: Standing) -> Iterator[tuple[str, Place]]:
    yield "together", standing.fused
    yield "by meaning", standing.dense
    yield "by words", standing.lexical


def _query(url: str, question: str, source: str) -> str:
    return urlencode({"url": url, "question": question, "source": source})


def _flow(service: ChatService, source: str) -> FlowLines:
    counts = asdict(flow_counts(service.lake, source, live_urls(service.store, source)))
    lines = [(label, f"{counts[state]:,}") for state, label in _STATES.items() if counts[state]]
    live = service.store.live(source)
    if live is not None:
        lines.append(("live release", f"{live.release_id[:12]}: {live.pages:,} pages, {live.chunks:,} chunks"))
    return FlowLines(source, lines)
