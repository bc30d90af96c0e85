"""Which releases go live: candidates are evaluated beside the live one, over a real lake with the real model."""

from __future__ import annotations

from typing import Any

import pytest

from assets.error import ReleaseRefused
from assets.stages.release import Outcome
from data_contracts.index_release import INDEX_RELEASES
from data_contracts.question import GoldenQuestion
from data_contracts.release_evaluation import ReleaseEvaluation
from data_contracts.release_event import RELEASE_EVENTS
from lake.release_history import release_history

pytestmark = pytest.mark.slow

HOST = "https://example.test"
SUBJECTS = ("rain", "snow", "wind", "hail", "fog")


def html(**sections: str) -> str:
    body = "".join(f"<h2>{heading.replace('_', ' ')}</h2><p>{text}</p>" for heading, text in sections.items())
    return f"<html><head><title>A page</title></head><body><main><h1>A page</h1>{body}</main></body></html>"


def about(subject: str, fact: str = "") -> str:
    text = f"Whoever looks at {subject} for long will see that {subject} is never quite the same. " * 3
    return html(**{f"The_colour_of_{subject}": f"{text}{fact}", f"The_sound_of_{subject}": f"One can hear {subject}. "})


def golden(subject: str, quote: str = "") -> GoldenQuestion:
    return GoldenQuestion(
        question=f"What happens to whoever looks at {subject}?",
        url=f"{HOST}/{subject}",
        quote=quote or f"for long will see that {subject}",
    )


@pytest.fixture
def site(counted: Any) -> Any:
    """Five pages, one live release, and a golden question for each page."""
    crawled = counted
    crawled.golden = [golden(subject) for subject in SUBJECTS]
    crawled.crawl({f"/{subject}": about(subject) for subject in SUBJECTS})
    crawled.build()
    return crawled


def live(site: Any) -> str:
    found: str = site.store.live("example").release_id
    return found


def events(site: Any) -> list[tuple[str, str]]:
    return [(event.event.value, event.actor.value) for event in release_history(site.lake, "example").events]


def evaluation(site: Any) -> ReleaseEvaluation:
    return ReleaseEvaluation.model_validate(site.store.releases("example")[0].evaluation)


def test_the_first_release_is_evaluated_and_its_numbers_are_kept_with_it(site: Any) -> None:
    found = evaluation(site)
    assert found.passed
    assert found.candidate.golden.asked == found.candidate.golden.answerable == 5
    assert found.candidate.golden.recall == 1
    assert (found.candidate.golden.mrr or 0) >= 0.9
    assert found.candidate.heading.asked == 10
    assert (found.candidate.heading.recall or 0) > 0.8
    assert (found.live, found.compared_with) == (None, None)
    [row] = site.lake.scan(INDEX_RELEASES).collect().to_dicts()
    assert ReleaseEvaluation.model_validate_json(row["evaluation"]) == found
    assert events(site) == [("promoted", "run")]


def test_a_release_that_answers_worse_is_refused_by_name_and_the_live_one_keeps_answering(site: Any) -> None:
    before = live(site)
    site.crawl(
        {f"/{subject}": html(Nothing_to_see="Sorry, this page has moved somewhere.") for subject in SUBJECTS[:3]}
    )
    with pytest.raises(ReleaseRefused) as refused:
        site.build()
    message = str(refused.value)
    assert "only 2 of 5 golden questions have their quote in the pages" in message
    assert "'What happens to whoever looks at rain?' (https://example.test/rain): its quote does not stand" in message
    assert "lorechat releases show example" in message
    assert live(site) == before
    assert events(site) == [("promoted", "run"), ("refused", "run")]


def test_a_refused_release_stays_built_to_look_at_and_is_not_evaluated_again(site: Any) -> None:
    before = live(site)
    site.crawl(
        {f"/{subject}": html(Nothing_to_see="Sorry, this page has moved somewhere.") for subject in SUBJECTS[:3]}
    )
    with pytest.raises(ReleaseRefused):
        site.build()
    [refused, first] = site.store.releases("example")
    assert first.release_id == before
    versions = site.lake.version(RELEASE_EVENTS), site.lake.version(INDEX_RELEASES)
    site.embedder.questions = 0
    with pytest.raises(ReleaseRefused):
        site.build()
    assert site.embedder.questions == 0
    assert (site.lake.version(RELEASE_EVENTS), site.lake.version(INDEX_RELEASES)) == versions
    assert [found.release_id for found in site.store.releases("example")] == [refused.release_id, first.release_id]


def test_recall_that_falls_below_the_live_release_is_refused(site: Any) -> None:
    before = live(site)
    decoys = {
        f"/decoy-{name}": html(**{f"What_happens_in_{name}": f"What happens to whoever looks at rain? Ask in {name}. "})
        for name in ("Paris", "Oslo", "Lima", "Cairo", "Delhi", "Quito", "Seoul")
    }
    buried = html(Other="Timetables of ferries, prices of nails, names of kings; for long will see that rain")
    site.crawl({**decoys, "/rain": buried})
    with pytest.raises(ReleaseRefused, match=r"recall@5 on the golden questions falls from 1\.00 to 0\.80"):
        site.build()
    assert live(site) == before


def test_a_better_release_goes_live_with_the_difference_to_the_one_before(site: Any) -> None:
    before = live(site)
    site.crawl({"/rain": about("rain", "Rain falls up on Tuesdays. "), "/snow": None, "/dew": about("dew")})
    site.golden = [golden(subject) for subject in ("wind", "hail", "fog", "dew")]
    site.extract(), site.split(), site.embed()
    published = site.publish()
    assert published.outcome is Outcome.PROMOTED
    found = evaluation(site)
    assert live(site) != before
    assert found.compared_with == before
    assert found.live is not None
    assert (found.live.golden.recall, found.candidate.golden.recall) == (0.75, 1)
    assert (found.diff.added, found.diff.removed, found.diff.changed) == (
        (f"{HOST}/dew",),
        (f"{HOST}/snow",),
        (f"{HOST}/rain",),
    )


def test_the_chunks_of_a_removed_page_are_gone_after_the_promotion(site: Any) -> None:
    site.crawl({"/snow": None})
    site.golden = site.golden[:1]
    site.build()
    assert not [place for place in site.store.chunk_ids("example", live(site)) if place.url == f"{HOST}/snow"]
    assert len(set(site.store.chunk_ids("example", live(site)))) == 8


def test_an_unchanged_recrawl_builds_and_evaluates_nothing(site: Any) -> None:
    first = site.store.live("example")
    site.crawl({f"/{subject}": about(subject) for subject in SUBJECTS})
    site.embedder.questions = 0
    assert site.publish().outcome is Outcome.UNCHANGED
    assert site.embedder.questions == 0
    assert site.store.live("example") == first
    assert site.lake.scan(RELEASE_EVENTS).collect().height == 1


def test_new_golden_questions_are_asked_to_the_live_release_and_never_take_it_away(site: Any) -> None:
    before = live(site)
    site.golden = [golden("rain", "words that stand nowhere at all")]
    published = site.publish()
    assert published.outcome is Outcome.UNCHANGED
    assert not published.evaluation.passed
    assert live(site) == before
    assert events(site) == [("promoted", "run")]


def test_a_source_without_golden_questions_is_asked_its_headings_alone(crawled: Any) -> None:
    crawled.crawl({"/rain": about("rain")})
    crawled.build()
    found = evaluation(crawled)
    assert found.candidate.golden.asked == 0
    assert found.candidate.heading.asked == 2
    assert found.passed


def test_of_refused_releases_only_the_newest_is_kept(site: Any) -> None:
    before = live(site)
    refused = []
    for note in ("moved somewhere", "gone elsewhere"):
        site.crawl({f"/{subject}": html(Nothing_to_see=f"Sorry, this page has {note}.") for subject in SUBJECTS[:3]})
        with pytest.raises(ReleaseRefused):
            site.build()
        refused.append(site.store.releases("example")[0].release_id)
    assert {release.release_id for release in site.store.releases("example")} == {before, refused[1]}
