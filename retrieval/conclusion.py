"""Why a page answers or not, in one sentence with the next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.crawl_ledger import REMOVALS_HELD
from data_contracts.release_event import ReleaseEventKind
from lake.page_history import PageHistory, Sighting
from retrieval.presence import Presence
from retrieval.standing import Place, Standing
from retrieval.verdict_text import VERDICT_TEXTS


@dataclass(frozen=True, slots=True)
class Conclusion:
    """`answers` says whether the live release holds passages of the page."""

    answers: bool
    sentence: str
    advice: str


def conclude(history: PageHistory, presences: Sequence[Presence], standing: Standing | None) -> Conclusion:
    """Return why the page of a history answers or not; `presences` are those of its source's releases."""
    live = next((presence for presence in presences if presence.is_live), None)
    if live is not None and live.chunk_ids:
        return _answering(history, live, standing)
    if history.erased_at is not None:
        return _no(f"it was erased on request on {history.erased_at:%Y-%m-%d}", "Erased pages are not fetched again.")
    if history.current is None:
        return _not_there(history)
    return _not_published(history, presences, live)


def _no(because: str, advice: str) -> Conclusion:
    return Conclusion(False, f"It is not in the answers because {because}.", advice)


def _answering(history: PageHistory, live: Presence, standing: Standing | None) -> Conclusion:
    count = len(live.chunk_ids or ())
    sentence = f"It answers: {count} {_plural('chunk', count)} in the live release {live.release_id[:12]}"
    state, advice = _state_of_live(history, live)
    sentence += state
    if standing is None:
        return Conclusion(True, f"{sentence}.", advice or "Add --question to see where it stands for a question.")
    said, next_step = _ranked(standing)
    return Conclusion(True, f"{sentence}; {said}.", " ".join(filter(None, (advice, next_step))))


def _state_of_live(history: PageHistory, live: Presence) -> tuple[str, str]:
    """What the live release holds of the page, against what the newest crawl says."""
    rebuild = f"Publish the newest state: lorechat build {history.source}."
    if history.erased_at is not None:
        return ", though it was erased on request", "Erase it again: the erasure did not reach the index."
    if history.current is None:
        seen = history.evidence
        because = VERDICT_TEXTS[seen.verdict].because if seen else "no crawl knows it any more"
        return f", until the next one is published: {because}", rebuild
    if (rejection := history.rejection) is not None:
        newest = f"its newest one is in quarantine ({rejection.rule}): {rejection.reason}"
        return f", from an earlier version, since {newest}", "Mend the page; the next crawl takes it up."
    document = history.current_document
    published = {chunk.markdown_hash for chunk in history.chunks if chunk.chunk_id in (live.chunk_ids or ())}
    if document is not None and published and document.markdown_hash not in published:
        return ", made from an older version of the page", rebuild
    return "", ""


def _not_there(history: PageHistory) -> Conclusion:
    """No crawl's evidence says that the page exists: never seen, never fetched, or gone."""
    seen = history.evidence or (history.sightings[-1] if history.sightings else None)
    if seen is None:
        return _no(
            f"no crawl of {history.source} ever saw this URL",
            "Link to it from a page of the site, list it in a sitemap, or add it to start_urls; then crawl again.",
        )
    text = VERDICT_TEXTS[seen.verdict]
    return _no(f"{text.because} ({seen.reason or seen.verdict})", _advice(history, seen))


def _advice(history: PageHistory, seen: Sighting) -> str:
    advice = VERDICT_TEXTS[seen.verdict].advice.format(source=history.source)
    if seen.target_url:
        advice = f"{advice} It is {seen.target_url}"
    return advice


def _not_published(history: PageHistory, presences: Sequence[Presence], live: Presence | None) -> Conclusion:
    """The page exists and is not in the live release: some step between has not been done, or refused it."""
    build = f"Run lorechat build {history.source}."
    document = history.current_document
    if document is None:
        if (rejection := history.rejection) is not None:
            reason = f"it is in quarantine ({rejection.rule}): {rejection.reason}"
            return _no(reason, f"Mend the page or its selectors. {build}")
        return _no("its newest version was not cleaned yet", build)
    own = {chunk.chunk_id for chunk in history.chunks if chunk.markdown_hash == document.markdown_hash}
    if not own:
        last_rejection = next((one for one in reversed(history.rejected) if one.stage == "chunks"), None)
        if last_rejection is not None:
            return _no(f"it could not be cut ({last_rejection.rule}): {last_rejection.reason}", build)
        if not document.characters:
            return _no("no text was found on it", "Name the element that holds its text: selectors.main.")
        return _no("its text was not cut into chunks yet, or all of it recurs on other pages", build)
    aside = next((presence for presence in reversed(presences) if own & (presence.chunk_ids or frozenset())), None)
    if aside is not None and (kept_back := _kept_back(history.source, aside)) is not None:
        return kept_back
    missing = "there is no live release yet" if live is None else "its chunks are in no published release yet"
    return _no(missing, f"{build} When a check holds the source back, its asset in Dagster says which and why.")


def _kept_back(source: str, aside: Presence) -> Conclusion | None:
    """Why a release that holds the page is not live."""
    name = aside.release_id[:12]
    if aside.is_held:
        reason = aside.news[-1].reason if aside.news else ""
        advice = f"To make it live again: lorechat releases promote {source} {name}"
        return _no(f"a person put another release in place of {name}, which holds it ({reason})", advice)
    if aside.news and aside.news[-1].event is ReleaseEventKind.REFUSED:
        advice = f"See what it was asked: lorechat releases show {source} {name}"
        return _no(f"release {name}, which holds it, was refused: {aside.news[-1].reason}", advice)
    return None


def _ranked(standing: Standing) -> tuple[str, str]:
    """Where the page stands for the question, and what to do about it."""
    fused = standing.fused
    if standing.answer_rank is not None:
        return f"for the question its best passage is {nth(standing.answer_rank)} of those that an answer may cite", ""
    if fused.rank is not None and fused.rank <= standing.cut:
        said = f"for the question its best passage is {nth(fused.rank)} in {standing.source}, behind other sources'"
        return said, f"Ask {standing.source} alone, or raise LORECHAT_PASSAGES above {standing.cut}."
    if fused.repeated is not None:
        return f"for the question {fused.repeated.passage.url} is shown in its place, because it says the same", ""
    if fused.rank is None:
        return f"for the question none of its passages is among the first {fused.searched:,}", _closer(standing)
    below = fused.rank - standing.cut
    said = f"for the question its best passage is {nth(fused.rank)}, {below:,} below the cut of {standing.cut}"
    return said, _closer(standing)


def _closer(standing: Standing) -> str:
    weak = _weak(standing.dense, standing.lexical)
    first = standing.fused.ahead[0].passage.url if standing.fused.ahead else ""
    better = f" The first one is from {first}." if first else ""
    return f"{weak}{better} Say on the page, under a heading of its own, what the question asks for."


def _weak(dense: Place, lexical: Place) -> str:
    if lexical.rank is None:
        return "It has none of the question's rare words."
    if dense.rank is None or dense.rank > lexical.rank:
        return "Its words fit better than its meaning."
    return "Its meaning fits better than its words."


def nth(rank: int) -> str:
    """Return a rank in words: 1st, 2nd, 3rd, 312th."""
    ending = "th" if 10 <= rank % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending}"


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def is_held(seen: Sighting) -> bool:
    """Whether a verdict against the page waits for a person, because too much of the source would have vanished."""
    return seen.crawl is not None and seen.crawl.removals == REMOVALS_HELD and not seen.verdict.is_present
